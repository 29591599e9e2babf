import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSendKey, type ClientId, type MessageId, type UserId } from '../core/ids.ts';
import { FeedEvent, type EventFields } from './feed-event.ts';
import { PackedEvents } from './packed-events.ts';

const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const sender = fc.record({
  clientId: fc.uuid(),
  random: fc.uint8Array({ minLength: 10, maxLength: 10 }),
  messageId: id,
});
const events = fc
  .array(
    fc.record({
      step: fc.integer({ min: 1, max: 5 }),
      owners: fc.array(id, { minLength: 1, maxLength: 3 }),
      isReceipt: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 3000 }),
      sender: fc.option(sender, { nil: undefined }),
    }),
  )
  .map((made) => {
    let offset = 0;
    return made.map(({ step, owners, isReceipt, payload, sender: by }): EventFields => {
      offset += step;
      const from = by && {
        clientId: by.clientId as ClientId,
        key: makeSendKey(1_700_000_000_000, by.random),
        messageId: by.messageId as MessageId,
      };
      return { offset, owners: owners as UserId[], isReceipt, payload: Buffer.from(payload), sender: from };
    });
  });

const allOf = (packed: PackedEvents): EventFields[] =>
  Array.from({ length: packed.length }, (_, index) => packed.at(index).fields);

test('events come out as they went in, and the oldest go first, with the bytes that they took', () => {
  fc.assert(
    fc.property(events, fc.nat(), (given, dropped) => {
      const packed = new PackedEvents();
      const took = given.map((fields) => packed.push(new FeedEvent(fields)));
      expect(allOf(packed)).toEqual(given);
      const gone = dropped % (given.length + 1);
      for (let index = 0; index < gone; index += 1) {
        expect(packed.dropFirst()).toEqual({ offset: given[index]?.offset, bytes: took[index] });
      }
      expect(allOf(packed)).toEqual(given.slice(gone));
    }),
  );
});

test('an event is found by its offset and by whom it concerns', () => {
  fc.assert(
    fc.property(events, fc.nat({ max: 300 }), id, (given, offset, stranger) => {
      const packed = new PackedEvents();
      for (const fields of given) packed.push(new FeedEvent(fields));
      expect(packed.indexAfter(offset)).toBe(given.filter((fields) => fields.offset <= offset).length);
      given.forEach((fields, index) => {
        expect(packed.offsetAt(index)).toBe(fields.offset);
        for (const owner of fields.owners) expect(packed.concerns(index, owner)).toBe(true);
        expect(packed.concerns(index, stranger as UserId)).toBe(fields.owners.includes(stranger as UserId));
      });
    }),
  );
});

test('thousands of events go through a window of fifty without a mistake', () => {
  const packed = new PackedEvents();
  const broken: number[] = [];
  for (let offset = 0; offset < 5000; offset += 1) {
    const payload = Buffer.alloc(offset % 700, offset % 256);
    packed.push(new FeedEvent({ offset, owners: [1n as UserId], isReceipt: false, payload, sender: undefined }));
    if (packed.length > 50) packed.dropFirst();
    const first = packed.offsetAt(0);
    if (!Buffer.alloc(first % 700, first % 256).equals(packed.at(0).fields.payload)) broken.push(first);
  }
  expect(broken).toEqual([]);
  expect([packed.length, packed.offsetAt(0)]).toEqual([50, 4950]);
  for (let left = 50; left > 0; left -= 1) packed.dropFirst();
  expect([packed.length, packed.dropFirst()]).toEqual([0, undefined]);
});
