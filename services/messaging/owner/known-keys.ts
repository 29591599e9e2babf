/**
 * The keys of accepted sends of the last ten minutes by key time, and of those that are on their way, so
 * that a retried send becomes one message. The accepted ones are kept in minutes, which are forgotten whole.
 */
import { sendKeyTimeMs, type MessageId, type SendKey, type UserId } from '../../core/ids.ts';
import type { AcceptedKey } from '../../core/log/record.ts';
import type { SendCommand, SendOutcome } from '../owner.ts';
import { createExpiredKeys, type ExpiredKeys } from './expired-keys.ts';
import { createKeyTable, type KeyTable } from './key-list.ts';

export const keyLifeMs = 600_000;
export const keyAheadMs = 60_000;
const minuteMs = 60_000;

/** A send that is on its way. */
export interface PendingSend {
  readonly key: SendKey;
  readonly senderId: UserId;
  readonly messageId: MessageId;
  /** Retries that wait for the first attempt's answer; hardly ever any. */
  waiting: SendCommand['done'][] | undefined;
  /** Another sender's same key: a receiver sees keys, and may misuse them for himself only. */
  next: PendingSend | undefined;
}

export interface KnownKeys {
  readonly expired: ExpiredKeys;
  pending(senderId: UserId, key: SendKey): PendingSend | undefined;
  accepted(senderId: UserId, key: SendKey): AcceptedKey | undefined;
  begin(send: Pick<PendingSend, 'key' | 'senderId' | 'messageId'>): PendingSend;
  /** It is accepted at `offset`, and on its way no longer. */
  settle(send: PendingSend, offset: number): void;
  add(accepted: AcceptedKey): void;
  /** Keys made before this time are not all known. */
  sinceMs(nowMs: number): number;
}

export function createKnownKeys(startMs: number, seed: number): KnownKeys {
  const pending = new Map<SendKey, PendingSend>();
  const minutes = new Map<number, KeyTable>();
  let sinceMs = startMs;

  const forgetPending = (send: PendingSend): void => {
    const first = pending.get(send.key);
    if (first === send && send.next === undefined) pending.delete(send.key);
    else if (first === send && send.next !== undefined) pending.set(send.key, send.next);
    else for (let one = first; one !== undefined; one = one.next) if (one.next === send) one.next = send.next;
  };

  const keys: KnownKeys = {
    expired: createExpiredKeys(keyLifeMs),
    pending(senderId, key) {
      let send = pending.get(key);
      while (send !== undefined && send.senderId !== senderId) send = send.next;
      return send;
    },
    accepted: (senderId, key) => minutes.get(minuteOf(key))?.find(senderId, key),
    begin({ key, senderId, messageId }) {
      const send: PendingSend = { key, senderId, messageId, waiting: undefined, next: pending.get(key) };
      pending.set(key, send);
      return send;
    },
    settle(send, offset) {
      forgetPending(send);
      const { key, senderId, messageId } = send;
      keys.add({ key, senderId, messageId, offset });
    },
    add(accepted) {
      const minute = minuteOf(accepted.key);
      let table = minutes.get(minute);
      if (table === undefined) {
        table = createKeyTable(seed);
        minutes.set(minute, table);
      }
      table.add(accepted);
    },
    sinceMs(nowMs) {
      // Never back, also when the clock steps back: what was forgotten stays unknown.
      if (nowMs - keyLifeMs > sinceMs) {
        sinceMs = nowMs - keyLifeMs;
        for (const minute of minutes.keys()) if ((minute + 1) * minuteMs <= sinceMs) minutes.delete(minute);
      }
      return sinceMs;
    },
  };
  return keys;
}

export function answerRetries({ waiting }: PendingSend, outcome: () => SendOutcome): void {
  if (waiting === undefined) return;
  for (const done of waiting) done(outcome());
}

function minuteOf(key: SendKey): number {
  return Math.floor(sendKeyTimeMs(key) / minuteMs);
}
