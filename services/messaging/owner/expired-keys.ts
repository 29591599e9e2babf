/**
 * Keys that were lately refused as expired. Such a send may come again under another key, or may have been
 * accepted long ago: until its client knows which, nothing may be accepted as its successor. Bounded: the
 * oldest are forgotten first, at the latest after the life of a key.
 */
import type { SendKey, UserId } from '../../core/ids.ts';

export interface ExpiredKeys {
  note(senderId: UserId, key: SendKey, nowMs: number): void;
  has(senderId: UserId, key: SendKey, nowMs: number): boolean;
}

export const mostExpiredKeys = 4096;

export function createExpiredKeys(lifeMs: number): ExpiredKeys {
  const refusedAtMs = new Map<string, number>();
  const nameOf = (senderId: UserId, key: SendKey): string => `${senderId}/${key}`;
  return {
    note(senderId, key, nowMs) {
      const name = nameOf(senderId, key);
      // Re-inserted, so that the first in the map is the oldest.
      refusedAtMs.delete(name);
      refusedAtMs.set(name, nowMs);
      for (const [oldest, atMs] of refusedAtMs) {
        if (refusedAtMs.size <= mostExpiredKeys && nowMs - atMs <= lifeMs) break;
        refusedAtMs.delete(oldest);
      }
    },
    has(senderId, key, nowMs) {
      const atMs = refusedAtMs.get(nameOf(senderId, key));
      return atMs !== undefined && nowMs - atMs <= lifeMs;
    },
  };
}
