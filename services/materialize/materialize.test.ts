import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDialog } from '../core/chat-id.ts';
import { makeSendKey, parseClientId, parseMessageId, parseUserId } from '../core/ids.ts';
import { emptyState, type LogEntry } from '../core/log/fold.ts';
import type { LogRecord, Sent } from '../core/log/record.ts';
import { materialize, type PayloadDecoders } from './materialize.ts';

function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test uses valid ids');
  return value;
}

const alice = made(parseUserId(1n));
const bob = made(parseUserId(2n));
const chatId = made(parseDialog('1-2')).chatId;
const clientId = made(parseClientId('01890a5d-ac96-4b7c-8f3a-0123456789ab'));
const key = makeSendKey(1, new Uint8Array(10));

const decode: PayloadDecoders = {
  message: ([id]) =>
    id === undefined
      ? undefined
      : { chatId, messageId: made(parseMessageId(BigInt(id))), order: BigInt(id), senderId: alice, clientId, key },
  receipt: ([upTo]) =>
    upTo === undefined
      ? undefined
      : { chatId, readerId: bob, senderId: alice, deliveredUpTo: BigInt(upTo), seenUpTo: 0n },
};

const own = (sequence: number, term = 1) => ({ term, server: 's1', sequence });
const sent = (sequence: number, term = 1): Sent => ({
  kind: 'sent',
  own: own(sequence, term),
  messageId: made(parseMessageId(BigInt(sequence + 1))),
  senderId: alice,
  key,
  clientId,
  owners: [alice, bob],
  receivers: [],
  message: new Uint8Array([sequence + 1]),
});

const records: readonly LogRecord[] = [
  { kind: 'fence', own: own(0), incarnation: 'first' },
  sent(1),
  sent(1),
  sent(2, 9),
  { kind: 'confirmed', own: own(2), owners: [bob, alice], receivers: [], receipt: new Uint8Array([2]) },
  { kind: 'unknown' },
  { ...sent(3), message: new Uint8Array() },
  {
    kind: 'receipt',
    source: { partition: 3, incarnation: 'a', offset: 4, prev: -1, first: false },
    owners: [alice],
    receipt: new Uint8Array([3]),
  },
  sent(4),
];
const log: readonly LogEntry[] = records.map((record, offset) => ({ offset, record }));

const base = { partition: 0, partitionCount: 1, decode };

describe('materialize', () => {
  it('makes one row for each owner of each valid record, and a watermark behind the last one', () => {
    const { rows, watermark, unreadable } = materialize({ ...base, state: emptyState, records: log });
    const seen = rows.map(({ kind, owner, position }) => `${position.offset} ${kind} ${owner}`);
    expect(seen).toEqual([
      '1 message 1',
      '1 message 2',
      '4 receipt 2',
      '4 receipt 1',
      '7 receipt 1',
      '8 message 1',
      '8 message 2',
    ]);
    expect(watermark.next).toEqual({ incarnation: 'first', offset: log.length });
    expect(watermark.state.sequence).toBe(4);
    expect(unreadable).toEqual([
      { position: { incarnation: 'first', offset: 6 }, reason: expect.stringContaining('message') },
    ]);
  });

  it('says nothing of bytes that cannot be read in a record that does not exist for users', () => {
    const unread = { message: new Uint8Array() };
    const ofOthers = [
      { kind: 'fence', own: own(0, 2), incarnation: 'later' },
      { ...sent(1, 1), ...unread },
      { ...sent(2, 2), ...unread },
      { kind: 'unknown' },
    ] as const;
    const entries = ofOthers.map((record, offset) => ({ offset, record }));
    expect(materialize({ ...base, state: emptyState, records: entries })).toMatchObject({ rows: [], unreadable: [] });
  });

  it('makes the same rows however the log is cut into batches, and when a batch comes again', () => {
    const whole = materialize({ ...base, state: emptyState, records: log });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 9 }), (sizes) => {
        const rows: unknown[] = [];
        let state = emptyState;
        let at = 0;
        for (const size of sizes) {
          const batch = log.slice(at, at + size);
          if (batch.length === 0) break;
          materialize({ ...base, state, records: batch });
          const again = materialize({ ...base, state, records: batch });
          rows.push(...again.rows);
          ({ state } = again.watermark);
          at += size;
        }
        expect(rows).toEqual(whole.rows);
        expect(state).toEqual(whole.watermark.state);
      }),
    );
  });
});
