/**
 * What the list of a user's chats keeps to, in every history database.
 */
import { describe, expect, test } from 'vitest';
import type { OpenHistoryDb } from './history-db.contract.ts';
import { messageFor, receiptFor, user, write } from './history-samples.contract.ts';

export function describeChats(name: string, open: OpenHistoryDb): void {
  describe(`${name}: chats`, () => {
    test('are listed by their last message, the most recent first, in pages', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const rows = [
        messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 0 }),
        messageFor(1n, { from: 3n, to: 1n, order: 30n, offset: 1 }),
        messageFor(1n, { from: 1n, to: 4n, order: 20n, offset: 2 }),
        messageFor(1n, { from: 1n, to: 2n, order: 40n, offset: 3 }),
      ];
      await write(historyDb, ...rows);
      const all = await historyDb.chats({ owner: user(1n), limit: 10 });
      expect(all.rows.map((chat) => chat.chatId)).toEqual(['1-2', '1-3', '1-4']);
      expect(all.rows[0]?.last).toEqual(rows[3]);
      expect(all.end).toBe(true);
      const first = await historyDb.chats({ owner: user(1n), limit: 2 });
      expect(first.rows.map((chat) => chat.last.order)).toEqual([40n, 30n]);
      expect(first.end).toBe(false);
      const rest = await historyDb.chats({ owner: user(1n), before: 30n, limit: 2 });
      expect(rest.rows.map((chat) => chat.last.order)).toEqual([20n]);
      expect(rest.end).toBe(true);
      expect(await historyDb.chats({ owner: user(5n), limit: 2 })).toEqual({ rows: [], end: true });
    });

    test('an older message never becomes the last one, in one write or several', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const old = messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 5 });
      const young = messageFor(1n, { from: 1n, to: 2n, order: 11n, offset: 4 });
      await write(historyDb, young, old);
      const last = async (db = historyDb): Promise<unknown> =>
        (await db.chats({ owner: user(1n), limit: 1 })).rows[0]?.last;
      expect(await last()).toEqual(young);
      await write(historyDb, old);
      expect(await last()).toEqual(young);
      const reopened = await fixture.reopen();
      await write(reopened, old);
      expect(await last(reopened)).toEqual(young);
    });

    test('show the highest receipts of each reader, which never go back', async () => {
      await using fixture = await open();
      const { historyDb } = fixture;
      const receipt = (delivered: bigint, seen: bigint, offset: number): ReturnType<typeof receiptFor> =>
        receiptFor(1n, { reader: 2n, sender: 1n, delivered, seen, offset });
      await write(historyDb, messageFor(1n, { from: 1n, to: 2n, order: 10n, offset: 0 }));
      const heights = async (db = historyDb): Promise<unknown[]> => {
        const chats = await db.chats({ owner: user(1n), limit: 5 });
        return (chats.rows[0]?.receipts ?? []).map((row) => [row.readerId, row.deliveredUpTo, row.seenUpTo]);
      };
      expect(await heights()).toEqual([]);
      await write(historyDb, receipt(5n, 0n, 1), receipt(9n, 7n, 2), receipt(8n, 0n, 3));
      expect(await heights()).toEqual([[2n, 9n, 7n]]);
      await write(historyDb, receipt(3n, 8n, 4));
      expect(await heights()).toEqual([[2n, 9n, 8n]]);
      await write(historyDb, receipt(5n, 0n, 1));
      expect(await heights()).toEqual([[2n, 9n, 8n]]);
      await write(historyDb, receiptFor(1n, { reader: 1n, sender: 2n, delivered: 4n, seen: 4n, offset: 6 }));
      const reopened = await fixture.reopen();
      expect(await heights(reopened)).toHaveLength(2);
      await write(reopened, receipt(6n, 6n, 7));
      expect(await heights(reopened)).toContainEqual([2n, 9n, 8n]);
    });
  });
}
