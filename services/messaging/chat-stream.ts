/**
 * The client's side of a Chat.Open stream: what its frames ask for. Sends are answered by their place in the feed,
 * or by a SendResult. A frame that cannot be read, or that may not be sent, ends the stream.
 */
import { CecochatError } from '../core/errors.ts';
import { encodeCursor } from '../core/log/cursor.ts';
import { checkConfirmation, checkSend } from './check-send.ts';
import type { ChatDependencies, ChatSession } from './chat-session.ts';
import type { ClientStream } from './client-stream.ts';
import { acceptedChunk, pongChunk, refusedChunk } from './event-wire.ts';
import { encodeMessage } from './message-wire.ts';
import type { SendOutcome } from './owner.ts';
import type { OpenFrame, SendRequest } from './request-wire.ts';
import type { ClientLimits } from './send-limits.ts';

const nothing = Buffer.alloc(0);

export class ChatStream {
  readonly stream: ClientStream;
  readonly #chat: ChatDependencies;
  #limits: ClientLimits;
  #inFlight = 0;
  #finishing = false;

  constructor(options: { chat: ChatDependencies; stream: ClientStream; limits: ClientLimits }) {
    this.#chat = options.chat;
    this.stream = options.stream;
    this.#limits = options.limits;
  }

  receive(frame: OpenFrame, isFirst: boolean): void {
    if (this.stream.ended) return;
    if (frame.hello !== undefined && !isFirst) {
      this.stream.fail(new CecochatError('request.invalid', 'a hello may only stand in the first frame'));
      return;
    }
    try {
      for (const send of frame.sends) this.#send(send);
      for (const confirmation of frame.confirmations) {
        this.#chat.owner.confirm(checkConfirmation(confirmation, this.stream.userId));
      }
    } catch (error) {
      this.stream.fail(asExpected(error));
      return;
    }
    if (frame.pingNonce !== undefined) this.stream.answer(pongChunk(frame.pingNonce, this.#nowMs()));
    if (frame.renewToken !== '') void this.#renew(frame.renewToken);
  }

  /** The client sends no more: ends when its sends are answered. */
  finish(): void {
    this.#finishing = true;
    if (this.#inFlight === 0) this.stream.finish();
  }

  #send(request: SendRequest): void {
    const { owner, host, sendLimits } = this.#chat;
    const { userId, clientId } = this.stream;
    host.counters.sends += 1;
    let checked;
    try {
      checked = checkSend(request, userId);
      sendLimits.take(clientId, this.#limits);
    } catch (error) {
      this.#refuse(request.key, asExpected(error));
      return;
    }
    const { targetId, content, key, previousKey, chatId, receivers } = checked;
    this.#inFlight += 1;
    owner.send({
      senderId: userId,
      clientId,
      key,
      previousKey,
      chatId,
      receivers,
      encode: (messageId) => encodeMessage({ messageId, chatId, senderId: userId, clientId, key, targetId, content }),
      done: (outcome) => this.#done(key, chatId, outcome),
    });
  }

  #done(key: string, chatId: string, outcome: SendOutcome): void {
    const { host, sendLimits } = this.#chat;
    sendLimits.done(this.stream.clientId);
    this.#inFlight -= 1;
    if (outcome.kind === 'refused') {
      const { code, detail, position } = outcome;
      this.#refuse(key, new CecochatError(code, detail), position === undefined ? nothing : encodeCursor(position));
    } else {
      host.counters.acks += 1;
      if (outcome.repeated) {
        host.counters.repeats += 1;
        const chat = Buffer.from(chatId, 'latin1');
        this.stream.answer(acceptedChunk({ key, messageId: outcome.messageId, chatId: chat }));
      }
    }
    // The acknowledgement comes through the feed, in this turn.
    if (this.#finishing && this.#inFlight === 0) setImmediate(() => this.stream.finish());
  }

  #refuse(key: string, error: CecochatError, position: Buffer = nothing): void {
    this.#chat.host.counters.refusals += 1;
    const { code, retry, message: detail } = error;
    this.stream.answer(refusedChunk({ key, code, retry, detail, serverTimeMs: this.#nowMs(), position }));
  }

  async #renew(token: string): Promise<void> {
    let session: ChatSession;
    try {
      session = await this.#chat.verify(token);
    } catch (error) {
      this.stream.fail(asExpected(error));
      return;
    }
    if (session.userId !== this.stream.userId || session.clientId !== this.stream.clientId) {
      this.stream.fail(
        new CecochatError('unauthenticated', 'the renewed token is of another user or client', {
          hint: 'renew with a token of the same session',
        }),
      );
      return;
    }
    this.stream.expiresAtMs = session.expiresAtMs;
    this.#limits = session.limits ?? this.#chat.defaultLimits;
  }

  #nowMs(): number {
    return this.#chat.host.clock.nowMs();
  }
}

function asExpected(error: unknown): CecochatError {
  if (error instanceof CecochatError) return error;
  return new CecochatError('internal', 'the server failed to handle a frame', { cause: error });
}
