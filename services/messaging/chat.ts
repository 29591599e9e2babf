/**
 * What clients do on a messaging server, whatever the transport: one send, following a feed, and the stream that
 * does everything. Errors of opening: partition.not_owned with the owner's address, server.not_ready,
 * server.stopping, cursor.invalid, feed.expired, request.invalid.
 */
import { CecochatError } from '../core/errors.ts';
import { encodeCursor } from '../core/log/cursor.ts';
import type { Position } from '../core/log/record.ts';
import { checkSend, maxTextBytes } from './check-send.ts';
import type { ChatDependencies, ChatSession } from './chat-session.ts';
import { ChatStream } from './chat-stream.ts';
import { ClientStream, type Outlet } from './client-stream.ts';
import { welcomeChunk } from './event-wire.ts';
import { encodeMessage, encodeSendAnswer } from './message-wire.ts';
import type { SendOutcome } from './owner.ts';
import { decodeCursorField, decodeSendRequest } from './request-wire.ts';
import type { ClientLimits } from './send-limits.ts';
import type { StreamHost } from './stream-host.ts';

/** What a refusal says to a unary caller. */
export function refusalError(outcome: Extract<SendOutcome, { kind: 'refused' }>, serverTimeMs: number): CecochatError {
  const { code, detail, position } = outcome;
  const data: Record<string, string> = { serverTimeMs: String(Math.floor(serverTimeMs)) };
  if (position !== undefined) data['position'] = encodeCursor(position).toString('base64');
  return new CecochatError(code, detail, { data });
}

export function createChat(deps: ChatDependencies) {
  const { host, serverId } = deps;
  const limitsOf = (session: ChatSession): ClientLimits => session.limits ?? deps.defaultLimits;

  return {
    /** SendMessageRequest → SendMessageResponse, when the message is durable. */
    async sendMessage(request: Buffer, session: ChatSession): Promise<Buffer> {
      const { userId, clientId } = session;
      const { targetId, content, ...send } = checkSend(decodeSendRequest(request), userId);
      await deps.ownedPartition(userId);
      deps.sendLimits.take(clientId, limitsOf(session));
      host.counters.sends += 1;
      const outcome = await new Promise<SendOutcome>((done) => {
        const { chatId, key } = send;
        deps.owner.send({
          ...send,
          senderId: userId,
          clientId,
          encode: (messageId) =>
            encodeMessage({ messageId, chatId, senderId: userId, clientId, key, targetId, content }),
          done,
        });
      });
      deps.sendLimits.done(clientId);
      const serverTimeMs = host.clock.nowMs();
      if (outcome.kind === 'refused') {
        host.counters.refusals += 1;
        throw refusalError(outcome, serverTimeMs);
      }
      host.counters.acks += 1;
      const position = encodeCursor(outcome.position);
      return encodeSendAnswer({ ...send, messageId: outcome.messageId, position, serverTimeMs });
    },

    /** Follows the feed of a ListenRequest; the frames are ListenResponses. */
    async listen(request: Buffer, session: ChatSession, outlet: Outlet): Promise<ClientStream> {
      const cursor = decodeCursorField(request);
      const { partition, start } = await locate(deps, session, cursor);
      const stream = new ClientStream('listen', { ...session, partition }, { host, outlet });
      follow(host, stream, start);
      return stream;
    },

    /** Opens a stream from its first frame's hello. */
    async open(hello: Buffer, session: ChatSession, outlet: Outlet): Promise<ChatStream> {
      const { partition, start } = await locate(deps, session, hello);
      const limits = limitsOf(session);
      const stream = new ClientStream('chat', { ...session, partition }, { host, outlet });
      stream.answer(
        welcomeChunk({
          serverId,
          serverTimeMs: host.clock.nowMs(),
          cursor: encodeCursor(start),
          tokenEndsMs: session.expiresAtMs,
          limits: { messageBytes: maxTextBytes, ...limits },
        }),
      );
      follow(host, stream, start);
      return new ChatStream({ chat: deps, stream, limits });
    },
  };
}

export type Chat = ReturnType<typeof createChat>;

async function locate(
  deps: ChatDependencies,
  session: ChatSession,
  cursor: Buffer,
): Promise<{ partition: number; start: Position }> {
  const partition = await deps.ownedPartition(session.userId);
  return { partition, start: await deps.host.feeds.locate(partition, cursor) };
}

/** The partition may have gone since it was looked at. */
function follow(host: StreamHost, stream: ClientStream, start: Position): void {
  try {
    host.feeds.subscribe(stream, start);
  } catch (error) {
    stream.discard();
    throw error;
  }
}
