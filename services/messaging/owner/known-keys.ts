/**
 * The keys of accepted sends of the last ten minutes by key time, and of those that are on their way, so
 * that a retried send becomes one message. Kept in minutes, which are forgotten whole.
 */
import { sendKeyTimeMs, type MessageId, type SendKey, type UserId } from '../../core/ids.ts';
import type { AcceptedKey } from '../../core/log/record.ts';
import type { SendCommand } from '../owner.ts';
import { createExpiredKeys, type ExpiredKeys } from './expired-keys.ts';
import { createKeyTable, type KeyTable } from './key-list.ts';

export const keyLifeMs = 600_000;
export const keyAheadMs = 60_000;
const minuteMs = 60_000;

/** Of a send that is on its way. */
export interface PendingSend {
  /** It is accepted at this offset, and on its way no longer. */
  settle(offset: number): void;
  /** Those that waited for it; to be asked once. */
  retries(): readonly SendCommand['done'][];
}

export interface KnownKeys {
  readonly expired: ExpiredKeys;
  /** Another sender's same key is another one: a receiver sees keys, and may misuse them for himself only. Offset -1: on its way. */
  find(senderId: UserId, key: SendKey): AcceptedKey | undefined;
  begin(send: Omit<AcceptedKey, 'offset'>): PendingSend;
  /** A retry of what is on its way. */
  wait(messageId: MessageId, done: SendCommand['done']): void;
  add(accepted: AcceptedKey): void;
  /** Keys made before this time are not all known. */
  sinceMs(nowMs: number): number;
}

export function createKnownKeys(startMs: number, seed: number): KnownKeys {
  const minutes = new Map<number, KeyTable>();
  /** By message; hardly ever any. */
  const waiting = new Map<MessageId, SendCommand['done'][]>();
  let sinceMs = startMs;

  const tableOf = (key: SendKey): KeyTable => {
    const minute = minuteOf(key);
    let table = minutes.get(minute);
    if (table === undefined) {
      table = createKeyTable(seed);
      minutes.set(minute, table);
    }
    return table;
  };

  return {
    expired: createExpiredKeys(keyLifeMs),
    find: (senderId, key) => minutes.get(minuteOf(key))?.find(senderId, key),
    begin({ key, senderId, messageId }) {
      const table = tableOf(key);
      const number = table.add({ key, senderId, messageId, offset: -1 });
      return {
        settle: (offset) => table.setOffset(number, offset),
        retries() {
          const done = waiting.size === 0 ? undefined : waiting.get(messageId);
          if (done === undefined) return none;
          waiting.delete(messageId);
          return done;
        },
      };
    },
    wait(messageId, done) {
      const others = waiting.get(messageId);
      if (others === undefined) waiting.set(messageId, [done]);
      else others.push(done);
    },
    add: (accepted) => void tableOf(accepted.key).add(accepted),
    sinceMs(nowMs) {
      // Never back, also when the clock steps back: what was forgotten stays unknown.
      if (nowMs - keyLifeMs > sinceMs) {
        sinceMs = nowMs - keyLifeMs;
        for (const [minute, table] of minutes)
          if ((minute + 1) * minuteMs <= sinceMs && !table.hasNegative()) minutes.delete(minute);
      }
      return sinceMs;
    },
  };
}

const none: readonly SendCommand['done'][] = [];

function minuteOf(key: SendKey): number {
  return Math.floor(sendKeyTimeMs(key) / minuteMs);
}
