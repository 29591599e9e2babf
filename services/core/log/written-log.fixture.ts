/** Logs that tests write by hand: a few records that matter, the others unknown. */
import { makeSendKey, parseClientId, parseUserId } from '../ids.ts';
import { composeMessageId } from '../message-id.ts';
import type { LogView } from './find-start.ts';
import { emptyState, type LogEntry } from './fold.ts';
import type { LogRecord, Mark, MarkedKeys, Sent } from './record.ts';

export const nowMs = 1_767_225_600_000;
const own = { term: 1, server: 's1', sequence: 1 };
const user = parseUserId(1n);
const clientId = parseClientId('01890a5d-ac96-4b7c-8f3a-0123456789ab');

export function mark(asOf: number, relayed = 0, keys?: MarkedKeys): Mark {
  return { kind: 'mark', own, asOf, state: { ...emptyState, incarnation: `as of ${asOf}`, relayed }, keys };
}

export function sentAt(ms: number): Sent {
  if (user === undefined || clientId === undefined) throw new Error('the test uses valid ids');
  const key = makeSendKey(ms, new Uint8Array(10));
  const messageId = composeMessageId({ ms, generator: 1, sequence: 0 });
  return {
    kind: 'sent',
    own,
    messageId,
    senderId: user,
    key,
    clientId,
    owners: [user],
    receivers: [],
    message: Buffer.of(),
  };
}

/** A log of `end` records that are unknown but for the given ones; a read gives at most 700. */
export function logOf(records: Readonly<Record<number, LogRecord>>, { start = 0, end = 3000 } = {}): LogView {
  return {
    bounds: () => Promise.resolve({ start, end }),
    read(from, below) {
      const entries: LogEntry[] = [];
      for (let offset = Math.max(from, start); offset < Math.min(below, end, from + 700); offset += 1)
        entries.push({ offset, record: records[offset] ?? { kind: 'unknown' } });
      return Promise.resolve(entries);
    },
  };
}
