import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSendKey, type MessageId, type UserId } from '../../core/ids.ts';
import type { AcceptedKey } from '../../core/log/record.ts';
import { createKeyList, createKeyTable } from './key-list.ts';

const int64 = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const entries = fc
  .array(
    fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }), int64, int64),
  )
  .map((made) =>
    made.map(([timeMs, random, senderId, messageId], index): AcceptedKey => ({
      key: makeSendKey(timeMs, random),
      senderId: senderId as UserId,
      messageId: messageId as MessageId,
      offset: index * 3,
    })),
  );

test('a list gives back what was put in, and drops from the front', () => {
  fc.assert(
    fc.property(entries, fc.nat(), fc.nat(), (given, offset, dropped) => {
      const list = createKeyList(given);
      expect(list.first(list.length)).toEqual(given);
      expect(list.below(offset)).toBe(given.filter((entry) => entry.offset < offset).length);
      const gone = dropped % (given.length + 1);
      list.dropFirst(gone);
      list.dropFirst(0);
      for (const entry of given) list.push(entry);
      expect(list.first(list.length)).toEqual([...given.slice(gone), ...given]);
    }),
  );
});

test('a table finds the first of each sender and key, and nothing else', () => {
  fc.assert(
    fc.property(entries, fc.integer(), int64, (given, seed, stranger) => {
      const table = createKeyTable(seed);
      for (const entry of given) table.add(entry);
      for (const entry of given) {
        const first = given.find((one) => one.key === entry.key && one.senderId === entry.senderId);
        expect(table.find(entry.senderId, entry.key)).toEqual(first);
        const other = given.find((one) => one.key === entry.key && one.senderId === stranger);
        expect(table.find(stranger as UserId, entry.key)).toEqual(other);
      }
    }),
  );
});

test('ten thousand keys that differ in their last bits only are found at once', () => {
  const table = createKeyTable(1);
  const tail = Buffer.alloc(10);
  const keys = Array.from({ length: 10_000 }, (_, index) => {
    tail.writeUInt32BE(index, 6);
    return makeSendKey(1_700_000_000_000, tail);
  });
  const entry = (key: (typeof keys)[number], index: number): AcceptedKey => ({
    key,
    senderId: 1n as UserId,
    messageId: BigInt(index + 1) as MessageId,
    offset: index,
  });
  keys.forEach((key, index) => table.add(entry(key, index)));
  keys.forEach((key, index) => expect(table.find(1n as UserId, key)).toEqual(entry(key, index)));
});
