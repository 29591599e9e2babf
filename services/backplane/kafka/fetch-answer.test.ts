import { expect, test } from 'vitest';
import { texts } from '../recorded-tail.contract.ts';
import { decodeBatches, decodeFetchAnswer } from './fetch-answer.ts';
import { batch } from './record-batch.fixture.ts';

test('reads the records of several batches, and where to go on', () => {
  const bytes = Buffer.concat([
    batch({ base: 10, values: ['a', 'b'] }),
    batch({ base: 12, values: ['x'.repeat(300), ''] }),
  ]);
  const { records, next } = decodeBatches(bytes, 10);
  expect(texts(records)).toEqual(['a', 'b', 'x'.repeat(300), '']);
  expect(records.map(({ offset }) => offset)).toEqual([10, 11, 12, 13]);
  expect(next).toBe(14);
});

test('leaves out what is below the place that was asked for', () => {
  const { records, next } = decodeBatches(batch({ base: 10, values: ['a', 'b', 'c'] }), 11);
  expect(texts(records)).toEqual(['b', 'c']);
  expect(next).toBe(13);
});

test('leaves a batch of which only a part came, at any length, for the next time', () => {
  const whole = batch({ base: 0, values: ['a', 'b'] });
  const bytes = Buffer.concat([whole, batch({ base: 2, values: ['c'] })]);
  for (let length = whole.length; length < bytes.length; length++)
    expect(decodeBatches(bytes.subarray(0, length), 0)).toMatchObject({
      next: 2,
      records: [{ offset: 0 }, { offset: 1 }],
    });
});

test('passes over control records and what compaction took', () => {
  const control = batch({ base: 5, values: ['marker'], attributes: 0x30 });
  const compacted = batch({ base: 6, values: ['kept'], lastOffset: 20 });
  const { records, next } = decodeBatches(Buffer.concat([control, compacted]), 5);
  expect(texts(records)).toEqual(['kept']);
  expect(next).toBe(21);
});

test('refuses batches that are compressed or old, saying where', () => {
  for (const fault of [{ attributes: 1 }, { attributes: 4 }, { magic: 1 }])
    expect(() => decodeBatches(batch({ base: 7, values: ['a'], ...fault }), 7)).toThrow(
      expect.objectContaining({ code: 'data.damaged', message: expect.stringContaining('offset 7') }),
    );
});

test('reads an answer with a session, several partitions, an error and aborted transactions', () => {
  const partition = (of: { id: number; error: number; aborted: number; bytes: Buffer }): Buffer => {
    const head = Buffer.alloc(34);
    head.writeInt32BE(of.id, 0);
    head.writeInt16BE(of.error, 4);
    head.writeBigInt64BE(99n, 6);
    head.writeInt32BE(of.aborted, 30);
    const tail = Buffer.alloc(of.aborted * 16 + 8);
    tail.writeInt32BE(of.bytes.length, tail.length - 4);
    return Buffer.concat([head, tail, of.bytes]);
  };
  const head = Buffer.alloc(14);
  head.writeInt32BE(4321, 6);
  head.writeInt32BE(1, 10);
  const name = Buffer.from([0, 1, 0x74, 0, 0, 0, 2]);
  const answer = decodeFetchAnswer(
    Buffer.concat([
      head,
      name,
      partition({ id: 3, error: 0, aborted: 2, bytes: Buffer.from('abc') }),
      partition({ id: 4, error: 1, aborted: 0, bytes: Buffer.alloc(0) }),
    ]),
  );
  expect(answer).toMatchObject({ errorCode: 0, sessionId: 4321 });
  expect(answer.partitions).toEqual([
    { partition: 3, errorCode: 0, highWatermark: 99, bytes: Buffer.from('abc') },
    { partition: 4, errorCode: 1, highWatermark: 99, bytes: Buffer.alloc(0) },
  ]);
});
