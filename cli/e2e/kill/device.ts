/**
 * One client of one user, that writes down what it sent and what it saw. A device that is reborn goes on
 * from its cursor with a new client, as a program that was started again.
 */
import type { Random } from '../../../services/core/random.ts';
import { systemRandom } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { dialogOf } from '../../../services/core/chat-id.ts';
import type { UserId } from '../../../services/core/ids.ts';
import { openChatClient, type ChatClient, type ClientStatus } from '../../client/chat-client.ts';
import { createMemoryCursorStore } from '../../client/cursor-store.ts';
import { sightingOf, type FeedLog, type SentLog, type Sighting } from '../../client/feed-checker.ts';
import { textContent } from '../../client/sender.ts';
import type { Session } from '../../client/session.ts';

export interface Device extends AsyncDisposable {
  readonly name: string;
  readonly session: Session;
  readonly sent: SentLog;
  readonly feed: FeedLog;
  /** Of the last event that it saw; empty before the first. */
  readonly cursor: Buffer;
  /** Sends that were neither accepted nor refused yet. */
  readonly unsettled: number;
  /** What the servers finally refused, and clients that gave up: none is expected. */
  readonly faults: readonly string[];
  /** What its client is doing, and what it waits for. */
  readonly state: string;
  /** Monotonic time of the last answer to a send that was made after `sinceMs`; undefined while there is none. */
  firstAckSince(sinceMs: number): number | undefined;
  send(to: UserId, text: string): void;
  interrupt(): void;
  reborn(): Promise<void>;
}

export interface DeviceOptions {
  readonly name: string;
  readonly session: Session;
  readonly connectUrl: string;
  readonly random: Random;
}

interface SendEntry {
  key: string;
  readonly chatId: string;
  messageId: bigint | undefined;
  readonly atMs: number;
  ackedMs: number | undefined;
}

export function openDevice({ name, session, connectUrl }: DeviceOptions): Device {
  const store = createMemoryCursorStore();
  const sends: SendEntry[] = [];
  const seen: Sighting[] = [];
  const faults: string[] = [];
  let unsettled = 0;
  let cursor = Buffer.alloc(0);
  let status = 'not connected yet';
  let closing = false;

  const open = (): ChatClient =>
    openChatClient({
      session,
      connectUrl,
      clock: systemClock,
      random: systemRandom,
      store,
      start: 'beginning',
      onStatus: (now) => {
        status = now.kind === 'connected' ? `connected to ${now.serverId} at ${now.address}` : describe(now);
      },
    });
  const follow = async (of: ChatClient): Promise<void> => {
    try {
      for await (const event of of.events()) {
        const sighting = sightingOf(event, session.userId);
        if (sighting !== undefined) seen.push(sighting);
        if (event.cursor.length > 0) cursor = Buffer.from(event.cursor);
        of.taken(event);
      }
    } catch (error) {
      if (!closing) faults.push(`${name} gave up: ${String(error)}`);
    }
  };
  let client = open();
  let following = follow(client);

  const close = async (): Promise<void> => {
    closing = true;
    await client[Symbol.asyncDispose]();
    await following;
  };

  return {
    name,
    session,
    sent: { client: name, senderId: session.userId, sends },
    feed: { client: name, userId: session.userId, seen },
    faults,
    get cursor() {
      return cursor;
    },
    get unsettled() {
      return unsettled;
    },
    get state() {
      const open = sends.filter((send) => send.messageId === undefined);
      const oldest =
        open[0] === undefined ? '' : `, the oldest for ${Math.round(systemClock.monotonicMs() - open[0].atMs)} ms`;
      return `${name} (user ${session.userId}) is ${status}, waits for ${open.length} answers${oldest}`;
    },
    firstAckSince(sinceMs) {
      for (let index = sends.length - 1, best: number | undefined; index >= 0; index -= 1) {
        const entry = sends[index];
        if (entry === undefined || entry.atMs < sinceMs) return best;
        if (entry.ackedMs !== undefined && (best === undefined || entry.ackedMs < best)) best = entry.ackedMs;
        if (index === 0) return best;
      }
      return undefined;
    },
    send(to, text) {
      const chatId = dialogOf(session.userId, to)?.chatId ?? '';
      const entry: SendEntry = {
        key: '',
        chatId,
        messageId: undefined,
        atMs: systemClock.monotonicMs(),
        ackedMs: undefined,
      };
      sends.push(entry);
      unsettled += 1;
      client.send({ to, content: textContent(text) }).then(
        (accepted) => {
          unsettled -= 1;
          entry.key = accepted.key;
          entry.messageId = accepted.messageId;
          entry.ackedMs = systemClock.monotonicMs();
        },
        (error: unknown) => {
          unsettled -= 1;
          faults.push(`a send of ${name} failed: ${String(error)}`);
        },
      );
    },
    interrupt: () => client.interrupt(),
    async reborn() {
      await close();
      closing = false;
      client = open();
      following = follow(client);
    },
    [Symbol.asyncDispose]: close,
  };
}

function describe(status: Exclude<ClientStatus, { kind: 'connected' }>): string {
  return status.kind === 'backfilling'
    ? 'filling from history'
    : `waiting ${Math.round(status.delayMs)} ms after ${String(status.error)}`;
}
