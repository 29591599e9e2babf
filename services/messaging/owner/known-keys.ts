/**
 * The keys of accepted sends of the last ten minutes by key time, and of those that are on their way, so
 * that a retried send becomes one message. Kept in minutes, which are forgotten whole.
 */
import { sendKeyTimeMs, type MessageId, type SendKey, type UserId } from '../../core/ids.ts';
import type { SendCommand } from '../owner.ts';
import { createExpiredKeys, type ExpiredKeys } from './expired-keys.ts';

export const keyLifeMs = 600_000;
export const keyAheadMs = 60_000;
const minuteMs = 60_000;

export interface KnownKey {
  readonly senderId: UserId;
  readonly messageId: MessageId;
  /** -1 while it is on its way. */
  offset: number;
  /** Retries that wait for the first attempt's answer; hardly ever any, and hundreds of thousands of keys are known. */
  waiting: SendCommand['done'][] | undefined;
  /** Another sender's same key: a receiver sees keys, and may misuse them for himself only. */
  next: KnownKey | undefined;
}

export interface KnownKeys {
  readonly expired: ExpiredKeys;
  find(senderId: UserId, key: SendKey): KnownKey | undefined;
  add(key: SendKey, known: Omit<KnownKey, 'next' | 'waiting'>): KnownKey;
  /** Keys made before this time are not all known. */
  sinceMs(nowMs: number): number;
}

export function createKnownKeys(startMs: number): KnownKeys {
  const minutes = new Map<number, Map<SendKey, KnownKey>>();
  let sinceMs = startMs;
  return {
    expired: createExpiredKeys(keyLifeMs),
    find(senderId, key) {
      let known = minutes.get(minuteOf(key))?.get(key);
      while (known !== undefined && known.senderId !== senderId) known = known.next;
      return known;
    },
    add(key, { senderId, messageId, offset }) {
      const minute = minuteOf(key);
      let keys = minutes.get(minute);
      if (keys === undefined) {
        keys = new Map();
        minutes.set(minute, keys);
      }
      const known: KnownKey = { senderId, messageId, offset, waiting: undefined, next: keys.get(key) };
      keys.set(key, known);
      return known;
    },
    sinceMs(nowMs) {
      // Never back, also when the clock steps back: what was forgotten stays unknown.
      if (nowMs - keyLifeMs > sinceMs) {
        sinceMs = nowMs - keyLifeMs;
        for (const [minute, keys] of minutes)
          if ((minute + 1) * minuteMs <= sinceMs && !hasPending(keys)) minutes.delete(minute);
      }
      return sinceMs;
    },
  };
}

function hasPending(keys: ReadonlyMap<SendKey, KnownKey>): boolean {
  for (const known of keys.values()) if (known.offset < 0) return true;
  return false;
}

function minuteOf(key: SendKey): number {
  return Math.floor(sendKeyTimeMs(key) / minuteMs);
}
