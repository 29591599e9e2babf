import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Record as WireRecord } from '../../protos/gen/cecochat/log/v1/record.ts';
import { makeSendKey, parseClientId, parseMessageId, parseUserId } from '../core/ids.ts';
import type { LogRecord } from '../core/log/record.ts';
import { decodeRecord, encodeRecord } from './codec.ts';

function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the generator makes valid ids');
  return value;
}

const int64 = fc.oneof(fc.bigInt(1n, 300n), fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n), fc.bigInt(1n, 2n ** 63n - 1n));
const user = int64.map((id) => made(parseUserId(id)));
const users = fc.array(user, { maxLength: 4 });
const messageId = int64.map((id) => made(parseMessageId(id)));
const key = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }))
  .map(([ms, random]) => makeSendKey(ms, random));
const clientId = fc.uuid().map((uuid) => made(parseClientId(uuid)));
const count = fc.oneof(fc.nat(300), fc.integer({ min: 2 ** 31 - 2, max: 2 ** 33 }), fc.maxSafeNat());
const offset = fc.oneof(fc.constant(-1), count);
const bytes = fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array));
const own = fc.record({ term: count, server: fc.string({ unit: 'grapheme' }), sequence: count });
const source = fc.record({
  partition: fc.nat(9999),
  incarnation: fc.uuid(),
  offset,
  prev: offset,
  first: fc.boolean(),
});
const state = fc.record({
  incarnation: fc.oneof(fc.constant(''), fc.uuid()),
  term: count,
  server: fc.string(),
  sequence: count,
  highestId: fc.oneof(fc.constant(0n), int64),
  relayed: count,
  accepted: fc
    .array(fc.tuple(fc.nat(9999), fc.record({ incarnation: fc.uuid(), offset: count })))
    .map((entries) => new Map(entries)),
  derived: fc.array(fc.tuple(fc.nat(9999), count)).map((entries) => new Map(entries)),
});

const keys = fc.record({
  from: count,
  beforeMs: count,
  earlier: offset,
  accepted: fc.array(fc.record({ key, senderId: user, messageId, offset: count })),
});

const record: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({ kind: fc.constant('fence' as const), own, incarnation: fc.uuid() }),
  fc.record({
    kind: fc.constant('sent' as const),
    own,
    messageId,
    senderId: user,
    key,
    clientId,
    owners: users,
    receivers: users,
    message: bytes,
  }),
  fc.record({ kind: fc.constant('confirmed' as const), own, owners: users, receivers: users, receipt: bytes }),
  fc.record({ kind: fc.constant('relayed' as const), own, offset: count }),
  fc.record({ kind: fc.constant('mark' as const), own, asOf: count, state, keys: fc.option(keys, { nil: undefined }) }),
  fc.record({ kind: fc.constant('received' as const), source, messageId, owners: users, message: bytes }),
  fc.record({ kind: fc.constant('receipt' as const), source, owners: users, receipt: bytes }),
  fc.record({ kind: fc.constant('behind' as const), target: fc.nat(9999), after: offset }),
  fc.record({ kind: fc.constant('tip' as const), source }),
);

/** Buffers and arrays with the same bytes count as equal. */
function plain(of: LogRecord): unknown {
  return JSON.parse(
    JSON.stringify(of, (name, value: unknown) => {
      if (typeof value === 'bigint') return `${value}`;
      if (value instanceof Map) return [...value].toSorted(([a], [b]) => Number(a) - Number(b));
      return (name === 'message' || name === 'receipt') && Array.isArray(value) ? Buffer.from(value) : value;
    }),
  );
}

describe('the codec of records', () => {
  it('gives back every record', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(plain(decodeRecord(encodeRecord(one)))).toEqual(plain(one));
      }),
    );
  });

  it('writes what the generated code reads, and reads what it writes', () => {
    fc.assert(
      fc.property(record, (one) => {
        const wire = WireRecord.decode(encodeRecord(one));
        expect(wire.kind?.$case).toBe(one.kind);
        expect(plain(decodeRecord(WireRecord.encode(wire).finish()))).toEqual(plain(one));
      }),
    );
  });

  it('makes a record of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(typeof decodeRecord(any).kind).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });

  it('makes a record of a damaged one', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.nat(255), (one, at, byte) => {
        const damaged = Buffer.from(encodeRecord(one));
        damaged[at % damaged.length] = byte;
        expect(typeof decodeRecord(damaged).kind).toBe('string');
        expect(typeof decodeRecord(damaged.subarray(0, at % damaged.length)).kind).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  it('passes over kinds of a later version', () => {
    expect(decodeRecord(Buffer.from([0xfa, 0x01, 0x02, 0x08, 0x01]))).toEqual({ kind: 'unknown' });
    expect(decodeRecord(new Uint8Array(0))).toEqual({ kind: 'unknown' });
    expect(encodeRecord({ kind: 'unknown' })).toHaveLength(0);
  });

  it('passes over fields of a later version', () => {
    const bytesOfRelayed = encodeRecord({ kind: 'relayed', own: { term: 3, server: 's1', sequence: 4 }, offset: 5 });
    const later = Buffer.concat([bytesOfRelayed, Buffer.from([0xa2, 0x06, 0x01, 0x00, 0xa8, 0x06, 0xff, 0x01])]);
    expect(decodeRecord(later)).toEqual(decodeRecord(bytesOfRelayed));
  });
});
