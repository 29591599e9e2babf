/**
 * Gives each send its key and its promise, and settles it by what the outbox, the feed, the results and,
 * for an expired key, history say.
 */
import type { Refusal, SendResult } from '../../protos/gen/cecochat/v1/chat.ts';
import type { Content } from '../../protos/gen/cecochat/v1/message.ts';
import { dialogOf } from '../../services/core/chat-id.ts';
import { CecochatError, isErrorCode } from '../../services/core/errors.ts';
import { makeSendKey, type SendKey, type UserId } from '../../services/core/ids.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { createDeferred, type Deferred } from './deferred.ts';
import type { History } from './history.ts';
import type { Outbox } from './outbox.ts';
import type { ServerTime } from './server-time.ts';
import type { Session } from './session.ts';

export interface NewMessage {
  readonly to: UserId;
  readonly content: Content;
  /** The message that this one edits, deletes or reacts to. */
  readonly targetId?: bigint;
}

export interface AcceptedSend {
  readonly key: string;
  readonly messageId: bigint;
  readonly order: bigint;
  readonly chatId: string;
}

export interface Sender {
  send(message: NewMessage): Promise<AcceptedSend>;
  room(signal?: AbortSignal): Promise<void>;
  /** A record or an answer says that the key became this message. */
  accepted(send: AcceptedSend): void;
  result(result: SendResult): void;
  /** Resolves when nothing is unsettled. */
  settled(signal?: AbortSignal): Promise<void>;
  /** Nothing will be answered any more. */
  fail(error: Error): void;
}

export interface SenderDependencies {
  readonly outbox: Outbox;
  readonly session: Session;
  readonly clock: Clock;
  readonly serverTime: ServerTime;
  readonly random: Random;
  readonly ask: (signal?: AbortSignal) => Promise<History>;
  readonly kick: () => void;
  readonly signal: AbortSignal;
}

const mostUnsettled = 512;
const askAgainMs = 200;
const mostRenewals = 3;

interface Waiter {
  readonly answer: Deferred<AcceptedSend>;
  readonly renewals: number;
}

export function createSender(dependencies: SenderDependencies): Sender {
  const { outbox, session, clock, serverTime, random, kick } = dependencies;
  const waiters = new Map<string, Waiter>();
  const changed = new Set<() => void>();
  let failure: Error | undefined;

  const newKey = (): { key: SendKey; madeMs: number } => {
    const madeMs = serverTime.nowMs();
    return { key: makeSendKey(madeMs, random.bytes(10)), madeMs };
  };
  const settle = (key: string): Deferred<AcceptedSend> | undefined => {
    const waiter = waiters.get(key);
    waiters.delete(key);
    for (const wake of changed) wake();
    return waiter?.answer;
  };
  const until = async (good: () => boolean, signal: AbortSignal | undefined): Promise<void> => {
    while (!good() && failure === undefined) {
      await new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          changed.delete(wake);
          reject(signal?.reason);
        };
        const wake = (): void => {
          changed.delete(wake);
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        changed.add(wake);
        signal?.addEventListener('abort', stop, { once: true });
      });
    }
  };
  const accepted = ({ key, messageId, order, chatId }: AcceptedSend): void => {
    if (outbox.accepted(key)) settle(key)?.resolve({ key, messageId, order, chatId });
  };
  const giveUp = (key: string, error: unknown): void => {
    outbox.drop(key);
    settle(key)?.reject(error);
    kick();
  };
  /** The server no longer knows the key: history decides whether it became a message. */
  const decide = async (key: string, refusal: Refusal): Promise<void> => {
    for (;;) {
      try {
        const history = await dependencies.ask(dependencies.signal);
        const { message, final } = await history.byKey({
          key,
          position: refusal.position,
          signal: dependencies.signal,
        });
        if (message !== undefined) {
          accepted(message);
          return;
        }
        if (final) break;
      } catch (error) {
        if (!(error instanceof CecochatError) || error.retry === 'never') {
          giveUp(key, error);
          return;
        }
      }
      await clock.sleep(askAgainMs, dependencies.signal);
    }
    const waiter = waiters.get(key);
    if (waiter === undefined) return;
    if (waiter.renewals >= mostRenewals) {
      const error = errorOfRefusal(refusal, serverTime.hint());
      giveUp(key, error);
      return;
    }
    const fresh = newKey();
    waiters.delete(key);
    waiters.set(fresh.key, { answer: waiter.answer, renewals: waiter.renewals + 1 });
    outbox.renew(key, fresh.key, fresh.madeMs);
    kick();
  };
  const refused = (key: string, refusal: Refusal): void => {
    serverTime.note(refusal.serverTimeMs);
    const outcome = outbox.refused(key, refusal.code, clock.monotonicMs());
    if (outcome === 'settled') settle(key)?.reject(errorOfRefusal(refusal));
    // A failure here means that the client is stopping, which settles everything.
    if (outcome === 'ask') decide(key, refusal).catch(() => undefined);
    kick();
  };

  return {
    send({ to, content, targetId = 0n }) {
      const dialog = dialogOf(session.userId, to);
      if (dialog === undefined) {
        return Promise.reject(new CecochatError('request.invalid', `user ${to} cannot send to himself`));
      }
      if (failure !== undefined) return Promise.reject(failure);
      const { key, madeMs } = newKey();
      const answer = createDeferred<AcceptedSend>();
      waiters.set(key, { answer, renewals: 0 });
      outbox.add({ key, madeMs, chatId: dialog.chatId, content, targetId, sizeBytes: sizeOf(content) });
      kick();
      return answer.promise;
    },
    room: (signal) => until(() => waiters.size < mostUnsettled, signal),
    accepted,
    result({ key, result }) {
      switch (result?.$case) {
        case 'accepted':
          accepted({ ...result.value, key });
          break;
        case 'refused':
          refused(key, result.value);
          break;
        case undefined:
          break;
      }
    },
    settled: (signal) => until(() => waiters.size === 0, signal),
    fail(error) {
      failure = error;
      for (const [key, waiter] of waiters) {
        waiters.delete(key);
        waiter.answer.reject(error);
      }
      for (const wake of changed) wake();
    },
  };
}

/** A text as the content of a message. */
export function textContent(text: string): Content {
  return { kind: 1, body: { $case: 'text', value: text } };
}

export function errorOfRefusal(refusal: Refusal, hint?: string): CecochatError {
  const code = isErrorCode(refusal.code) ? refusal.code : 'internal';
  const message = refusal.detail === '' ? `the send was refused: ${refusal.code}` : refusal.detail;
  return new CecochatError(code, message, hint === undefined ? {} : { hint });
}

function sizeOf(content: Content): number {
  const { body } = content;
  const bytes = body === undefined ? 0 : body.$case === 'text' ? Buffer.byteLength(body.value) : body.value.length;
  return bytes + 160;
}
