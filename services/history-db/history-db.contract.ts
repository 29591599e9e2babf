/**
 * What every history database keeps to. An engine's own test calls `describeHistoryDb` and runs all of it.
 */
import { describe, expect, test } from 'vitest';
import { describeChats } from './chats.contract.ts';
import {
  batchOf,
  incarnation,
  laterIncarnation,
  messageFor,
  receiptFor,
  user,
  watermarkAt,
  write,
} from './history-samples.contract.ts';
import type { HistoryDb, HistoryRow, Page } from './history-db.ts';
import { describeRefusedRows } from './refused-rows.contract.ts';

/** A fresh, empty history database. */
export interface HistoryDbFixture extends AsyncDisposable {
  readonly historyDb: HistoryDb;
  /** Closes it and opens the same data again. */
  reopen(limits?: RowLimits): Promise<HistoryDb>;
}

/** Without: everything that the engine itself takes. */
export interface RowLimits {
  readonly rowBytes: number;
}

export type OpenHistoryDb = (limits?: RowLimits) => Promise<HistoryDbFixture>;

export function describeHistoryDb(name: string, open: OpenHistoryDb): void {
  describe(`${name}: rows`, () => {
    test('gives back a message in both feeds, in its dialog and by its key', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const sent = messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 0 });
      const received = messageFor(2n, { from: 1n, to: 2n, order: 10n, offset: 7 });
      await write(historyDb, sent, received);
      expect((await historyDb.userHistory({ owner: user(1n), limit: 5 })).rows).toEqual([sent]);
      expect((await historyDb.userHistory({ owner: user(2n), limit: 5 })).rows).toEqual([received]);
      const dialog = (await historyDb.dialogHistory({ chatId: sent.chatId, limit: 5 })).rows;
      expect(dialog.map(withoutPlace)).toEqual([withoutPlace(sent)]);
      const byKey = await historyDb.byKey({ senderId: sent.senderId, key: sent.key });
      expect(byKey === undefined ? byKey : withoutPlace(byKey)).toEqual(withoutPlace(sent));
      expect(await historyDb.byKey({ senderId: user(2n), key: sent.key })).toBeUndefined();
    });

    test('keeps a message of one feed only as well', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const received = messageFor(2n, { from: 1n, to: 2n, order: 10n, offset: 7 });
      await write(historyDb, received);
      expect((await historyDb.dialogHistory({ chatId: received.chatId, limit: 5 })).rows).toHaveLength(1);
      expect(await historyDb.byKey({ senderId: user(1n), key: received.key })).toBeDefined();
      expect((await historyDb.userHistory({ owner: user(1n), limit: 5 })).rows).toEqual([]);
    });

    test('keeps receipts in the feed, in their place among messages', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const message = messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 3 });
      const receipt = receiptFor(1n, { reader: 2n, sender: 1n, delivered: 10n, seen: 0n, offset: 4 });
      await write(historyDb, receipt, message);
      expect((await historyDb.userHistory({ owner: user(1n), limit: 5 })).rows).toEqual([receipt, message]);
    });

    test('pages a feed by position, newest first, without a hole or an overlap', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const rows = Array.from({ length: 10 }, (_, i) =>
        messageFor(1n, { from: 1n, to: 2n, order: BigInt(100 - i), offset: 3 * i }),
      );
      await write(historyDb, ...rows, messageFor(2n, { from: 2n, to: 3n, order: 500n, offset: 5 }));
      const newestFirst = rows.toReversed();
      const first = await historyDb.userHistory({ owner: user(1n), limit: 4 });
      expect(first).toEqual({ rows: newestFirst.slice(0, 4), end: false });
      const second = await historyDb.userHistory({ owner: user(1n), before: placeOf(first), limit: 4 });
      expect(second).toEqual({ rows: newestFirst.slice(4, 8), end: false });
      const third = await historyDb.userHistory({ owner: user(1n), before: placeOf(second), limit: 2 });
      expect(third).toEqual({ rows: newestFirst.slice(8), end: true });
      expect(await historyDb.userHistory({ owner: user(1n), before: placeOf(third), limit: 2 })).toEqual({
        rows: [],
        end: true,
      });
      const before = { incarnation, offset: -1 };
      expect(await historyDb.userHistory({ owner: user(1n), before, limit: 2 })).toEqual({ rows: [], end: true });
    });

    test('a later incarnation of the log is newer, whatever its offsets', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const old = messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 900 });
      const young = {
        ...messageFor(1n, { from: 1n, to: 2n, order: 11n, offset: 0 }),
        position: { incarnation: laterIncarnation, offset: 1 },
      };
      await write(historyDb, young, old);
      expect((await historyDb.userHistory({ owner: user(1n), limit: 5 })).rows).toEqual([young, old]);
      const before = young.position;
      expect((await historyDb.userHistory({ owner: user(1n), before, limit: 5 })).rows).toEqual([old]);
    });

    test('pages a dialog by order, whatever order it was written in', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const orders = [5n, 2n ** 62n, 1n, 9n, 300n];
      const rows = orders.map((order, i) => messageFor(1n, { from: 1n, to: 2n, order, offset: i }));
      // A chat whose id starts like this one's must not show up in it.
      await write(historyDb, ...rows, messageFor(1n, { from: 1n, to: 20n, order: 7n, offset: 99 }));
      const chatId = rows[0]?.chatId ?? messageFor(1n, { from: 1n, to: 2n, order: 1n, offset: 0 }).chatId;
      const first = await historyDb.dialogHistory({ chatId, limit: 2 });
      expect(first.rows.map((row) => row.order)).toEqual([2n ** 62n, 300n]);
      expect(first.end).toBe(false);
      const rest = await historyDb.dialogHistory({ chatId, before: 300n, limit: 3 });
      expect(rest.rows.map((row) => row.order)).toEqual([9n, 5n, 1n]);
      expect(rest.end).toBe(true);
      expect(await historyDb.dialogHistory({ chatId, before: 1n, limit: 3 })).toEqual({ rows: [], end: true });
    });

    test('takes messages without and with much content', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const empty = { ...messageFor(1n, { from: 1n, to: 2n, order: 1n, offset: 0 }), message: Buffer.alloc(0) };
      const large = {
        ...messageFor(1n, { from: 1n, to: 2n, order: 2n, offset: 1 }),
        message: Buffer.alloc(300_000, 5),
      };
      await write(historyDb, empty, large);
      const { rows } = await historyDb.userHistory({ owner: user(1n), limit: 5 });
      expect(rows).toEqual([large, empty]);
    });
  });

  describe(`${name}: writing`, () => {
    test('writing again changes nothing', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const rows: HistoryRow[] = [1, 2, 3].flatMap((i) => [
        messageFor(1n, { from: 1n, to: 2n, order: BigInt(i), offset: i }),
        messageFor(2n, { from: 1n, to: 2n, order: BigInt(i), offset: 10 * i }),
      ]);
      rows.push(receiptFor(1n, { reader: 2n, sender: 1n, delivered: 3n, seen: 2n, offset: 9 }));
      await write(historyDb, ...rows);
      const before = await everything(historyDb);
      await write(historyDb, ...rows);
      await write(historyDb, ...rows.slice(0, 2));
      expect(await everything(historyDb)).toEqual(before);
      const reopened = await fixture.reopen();
      await write(reopened, ...rows.slice(0, 4));
      expect(await everything(reopened)).toEqual(before);
    });

    test('many batches at the same time all get in', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          historyDb.write([
            batchOf(i % 10, { offset: i + 1 }, messageFor(1n, { from: 1n, to: 2n, order: BigInt(i + 1), offset: i })),
          ]),
        ),
      );
      expect((await historyDb.userHistory({ owner: user(1n), limit: 1000 })).rows).toHaveLength(100);
      const chats = await historyDb.chats({ owner: user(1n), limit: 10 });
      expect(chats.rows.map((chat) => chat.last.order)).toEqual([100n]);
    });

    test('keeps rows and watermarks when it is opened again', async () => {
      await using fixture = await open();
      const row = messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 3 });
      await fixture.historyDb.write([batchOf(5, { offset: 4 }, row), batchOf(6, { offset: 0 })]);
      const before = await everything(fixture.historyDb);
      const reopened = await fixture.reopen();
      expect(await everything(reopened)).toEqual(before);
      expect(await reopened.watermark(5)).toEqual(watermarkAt(4));
      expect(await reopened.watermark(6)).toEqual(watermarkAt(0));
      expect(await reopened.watermark(7)).toBeUndefined();
    });

    test('a watermark is the last one written, with the state to fold on from', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const chain = { incarnation, offset: 77 };
      const first = watermarkAt(5, { accepted: new Map([[1, chain]]), derived: new Map([[2, 3]]) });
      const second = watermarkAt(9, {
        accepted: new Map([
          [1, { incarnation: laterIncarnation, offset: 0 }],
          [359, chain],
        ]),
        derived: new Map([[8, -1]]),
        highestId: 2n ** 62n,
      });
      await historyDb.write([{ partition: 3, rows: [], watermark: first }]);
      expect(await historyDb.watermark(3)).toEqual(first);
      await historyDb.write([
        { partition: 3, rows: [], watermark: watermarkAt(6) },
        { partition: 3, rows: [], watermark: second },
      ]);
      expect(await historyDb.watermark(3)).toEqual(second);
      expect(await (await fixture.reopen()).watermark(3)).toEqual(second);
    });

    test('a watermark’s chains grow to hundreds, change in a few, and shrink again', async () => {
      await using fixture = await open();
      const chain = (offset: number): { incarnation: string; offset: number } => ({ incarnation, offset });
      const accepted = new Map(Array.from({ length: 300 }, (_, i) => [i, chain(i)]));
      const derived = new Map(Array.from({ length: 300 }, (_, i) => [i, 2 * i]));
      const states = [
        { accepted: new Map([[5, chain(1)]]), derived: new Map([[6, 2]]) },
        { accepted, derived },
        { accepted: new Map([...accepted, [7, chain(1000)]]), derived: new Map([...derived].slice(1)) },
        { accepted: new Map([[400, chain(0)]]), derived: new Map() },
        { accepted, derived },
      ];
      let { historyDb } = fixture;
      for (const [i, state] of states.entries()) {
        await historyDb.write([{ partition: 3, rows: [], watermark: watermarkAt(i, state) }]);
        expect(await historyDb.watermark(3)).toEqual(watermarkAt(i, state));
        historyDb = await fixture.reopen();
        expect(await historyDb.watermark(3)).toEqual(watermarkAt(i, state));
      }
    });

    test('says what an answered write survives', async () => {
      await using fixture = await open();
      expect(fixture.historyDb.durability.length).toBeGreaterThan(20);
    });
  });

  describeChats(name, open);
  describeRefusedRows(name, open);
}

/** A dialog's row may stand in either user's feed. */
function withoutPlace(row: HistoryRow): Partial<HistoryRow> {
  const { owner: _owner, position: _position, ...rest } = row;
  return rest;
}

function placeOf(page: Page<HistoryRow>): HistoryRow['position'] {
  return page.rows.at(-1)?.position ?? { incarnation, offset: 0 };
}

async function everything(historyDb: HistoryDb): Promise<unknown[]> {
  const { chatId } = messageFor(1n, { from: 1n, to: 2n, order: 1n, offset: 0 });
  const found: unknown[] = [await historyDb.dialogHistory({ chatId, limit: 100 })];
  for (const owner of [user(1n), user(2n)]) {
    found.push(await historyDb.userHistory({ owner, limit: 100 }), await historyDb.chats({ owner, limit: 100 }));
  }
  return found;
}
