/**
 * What every history database does with rows that it refuses; part of its suite.
 */
import { describe, expect, test } from 'vitest';
import type { OpenHistoryDb } from './history-db.contract.ts';
import type { HistoryDb, HistoryRow, MessageRow } from './history-db.ts';
import { batchOf, messageFor, receiptFor, user, watermarkAt } from './history-samples.contract.ts';
import { RowsRefusedError, type RefusedRow } from './refused-rows.ts';

const rowBytes = 1000;

function message(offset: number, bytes: number): MessageRow {
  const row = messageFor(1n, { from: 1n, to: 2n, order: BigInt(offset + 1), offset });
  return { ...row, message: Buffer.alloc(bytes, offset) };
}

async function refusalOf(write: Promise<void>): Promise<readonly RefusedRow[]> {
  const error: unknown = await write.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RowsRefusedError);
  expect(error).toMatchObject({ code: 'history.refused', retry: 'never' });
  return error instanceof RowsRefusedError ? error.rows : [];
}

async function feedOf(historyDb: HistoryDb): Promise<readonly HistoryRow[]> {
  return (await historyDb.userHistory({ owner: user(1n), limit: 20 })).rows;
}

export function describeRefusedRows(name: string, open: OpenHistoryDb): void {
  describe(`${name}: rows over the limit`, () => {
    test('are named with the reason; everything else is in, but for the watermark of their partition', async () => {
      await using fixture = await open({ rowBytes });
      const { historyDb } = fixture;
      const [small, large, exact] = [message(0, 10), message(1, 1001), message(2, 1000)];
      const receipt = {
        ...receiptFor(1n, { reader: 2n, sender: 1n, delivered: 3n, seen: 0n, offset: 3 }),
        receipt: Buffer.alloc(2000),
      };
      const other = messageFor(3n, { from: 3n, to: 4n, order: 9n, offset: 0 });
      const refused = await refusalOf(
        historyDb.write([
          batchOf(1, { offset: 4 }, small, large, exact, receipt),
          batchOf(2, { offset: 1 }, other),
          batchOf(3, { offset: 7 }),
        ]),
      );
      expect(refused.map(({ partition, row }) => [partition, row])).toEqual([
        [1, large],
        [1, receipt],
      ]);
      expect(refused[0]?.reason).toMatch(/1001 bytes.*1000/);
      expect(await feedOf(historyDb)).toEqual([exact, small]);
      expect((await historyDb.userHistory({ owner: user(3n), limit: 5 })).rows).toEqual([other]);
      expect(await historyDb.watermark(1)).toBeUndefined();
      expect(await historyDb.watermark(2)).toEqual(watermarkAt(1));
      expect(await historyDb.watermark(3)).toEqual(watermarkAt(7));
      await historyDb.write([batchOf(1, { offset: 4 }, small, exact)]);
      expect(await historyDb.watermark(1)).toEqual(watermarkAt(4));
    });

    test('by its key a refused message is neither absent nor found, until it is written after all', async () => {
      await using fixture = await open({ rowBytes });
      const { historyDb } = fixture;
      const large = message(1, 5000);
      const { senderId, key } = large;
      await refusalOf(historyDb.write([batchOf(1, { offset: 2 }, large)]));
      await historyDb.write([batchOf(1, { offset: 2 })]);
      await expect(historyDb.byKey({ senderId, key })).rejects.toMatchObject({ code: 'engine.unavailable' });
      expect(await historyDb.byKey({ senderId: user(2n), key })).toBeUndefined();
      expect((await historyDb.chats({ owner: user(1n), limit: 5 })).rows).toEqual([]);
      const raised = await fixture.reopen({ rowBytes: 5000 });
      await raised.write([{ partition: 1, rows: [large] }]);
      expect(await raised.byKey({ senderId, key })).toEqual(large);
      expect(await feedOf(raised)).toEqual([large]);
    });

    test('rows without a watermark leave it where it is, whether they are taken or refused', async () => {
      await using fixture = await open({ rowBytes });
      const { historyDb } = fixture;
      await historyDb.write([batchOf(1, { offset: 9 }, message(8, 10))]);
      await historyDb.write([{ partition: 1, rows: [message(2, 10)] }]);
      await refusalOf(historyDb.write([{ partition: 1, rows: [message(3, 5000), message(4, 10)] }]));
      expect(await historyDb.watermark(1)).toEqual(watermarkAt(9));
      expect((await feedOf(historyDb)).map(({ position }) => position.offset)).toEqual([8, 4, 2]);
      const refused = historyDb.write([{ partition: 1, rows: [message(5, 5000)] }]);
      await Promise.all([refusalOf(refused), historyDb.write([batchOf(1, { offset: 12 }, message(11, 10))])]);
      expect(await historyDb.watermark(1)).toEqual(watermarkAt(12));
    });
  });
}
