/**
 * Pages of history, newest first. One more row than asked for is looked at, to say whether anything is left.
 */
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { bigintIn, numberIn, uuidIn } from '../../cassandra/row-values.ts';
import type { ChatId } from '../../core/chat-id.ts';
import type { ChatRow, HistoryDb, MessageRow, Page, ReceiptRow } from '../history-db.ts';
import { messageMissing } from '../refused-rows.ts';
import { walkBuckets } from './bucket-walk.ts';
import { dialogBucketOf, feedBucketOf } from './history-schema.ts';
import { chatIdIn, chatRowOf, dialogRowOf, feedRowOf, receiptRowOf } from './read-rows.ts';
import { keyBucketOf } from './row-puts.ts';

type Queries = Pick<HistoryDb, 'userHistory' | 'dialogHistory' | 'byKey' | 'chats'>;

const feedBuckets = 'SELECT incarnation, bucket FROM feed_buckets WHERE owner = ?';
const feed = 'SELECT * FROM feed WHERE owner = ? AND incarnation = ? AND bucket = ?';
const dialogBuckets = 'SELECT bucket FROM dialog_buckets WHERE chat_id = ?';
const dialog = 'SELECT * FROM dialog WHERE chat_id = ? AND bucket = ?';
const sendKey = 'SELECT chat_id, chat_order FROM send_keys WHERE sender_id = ? AND bucket = ? AND send_key = ?';
const chatOrders = 'SELECT chat_id, chat_order FROM chats WHERE owner = ?';
const chatsOf = 'SELECT * FROM chats WHERE owner = ? AND chat_id IN ?';
const receiptsOf = 'SELECT * FROM receipts WHERE owner = ? AND chat_id IN ?';

export function createHistoryQueries(session: Pick<CassandraSession, 'read'>): Queries {
  return {
    async userHistory({ owner, before, limit }) {
      const start = before === undefined ? undefined : { ...before, bucket: feedBucketOf(before.offset) };
      const rows = await walkBuckets({
        limit: limit + 1,
        async buckets(after: { incarnation: string; bucket: number } | undefined, count) {
          const [from, comparison] = after === undefined ? [start, '<='] : [after, '<'];
          const found = await session.read(
            from === undefined
              ? { query: `${feedBuckets} LIMIT ?`, params: [owner, count] }
              : {
                  query: `${feedBuckets} AND (incarnation, bucket) ${comparison} (?, ?) LIMIT ?`,
                  params: [owner, from.incarnation, from.bucket, count],
                },
          );
          return found.map((row) => ({ incarnation: uuidIn(row, 'incarnation'), bucket: numberIn(row, 'bucket') }));
        },
        async rows({ incarnation, bucket }, count) {
          const place = [owner, incarnation, bucket];
          const isCut = start?.incarnation === incarnation && start.bucket === bucket;
          const found = await session.read(
            isCut
              ? { query: `${feed} AND log_offset < ? LIMIT ?`, params: [...place, BigInt(start.offset), count] }
              : { query: `${feed} LIMIT ?`, params: [...place, count] },
          );
          return found.map((row) => feedRowOf(row, owner));
        },
      });
      return page(rows, limit);
    },

    async dialogHistory({ chatId, before, limit }) {
      const start = before === undefined ? undefined : dialogBucketOf(before);
      const rows = await walkBuckets({
        limit: limit + 1,
        async buckets(after: number | undefined, count) {
          const [from, comparison] = after === undefined ? [start, '<='] : [after, '<'];
          const found = await session.read(
            from === undefined
              ? { query: `${dialogBuckets} LIMIT ?`, params: [chatId, count] }
              : { query: `${dialogBuckets} AND bucket ${comparison} ? LIMIT ?`, params: [chatId, from, count] },
          );
          return found.map((row) => numberIn(row, 'bucket'));
        },
        async rows(bucket, count) {
          const found = await session.read(
            before !== undefined && bucket === start
              ? { query: `${dialog} AND chat_order < ? LIMIT ?`, params: [chatId, bucket, before, count] }
              : { query: `${dialog} LIMIT ?`, params: [chatId, bucket, count] },
          );
          return found.map(dialogRowOf);
        },
      });
      return page(rows, limit);
    },

    async byKey({ senderId, key }) {
      const [pointer] = await session.read({ query: sendKey, params: [senderId, keyBucketOf(key), key] });
      if (pointer === undefined) return undefined;
      const order = bigintIn(pointer, 'chat_order');
      const chatId = chatIdIn(pointer);
      const [row] = await session.read({
        query: `${dialog} AND chat_order = ?`,
        params: [chatId, dialogBucketOf(order), order],
      });
      // Written side by side, so it may be on its way.
      if (row === undefined) throw messageMissing({ chatId, order });
      return dialogRowOf(row);
    },

    async chats({ owner, before, limit }) {
      const isBefore = (order: bigint): boolean => before === undefined || order < before;
      const all = (await session.read({ query: chatOrders, params: [owner] }))
        .map((row) => ({ chatId: chatIdIn(row), order: bigintIn(row, 'chat_order') }))
        .filter(({ order }) => isBefore(order))
        .toSorted(newestFirst);
      const ids = all.slice(0, limit).map(({ chatId }) => chatId);
      if (ids.length === 0) return { rows: [], end: true };
      const [lasts, receipts] = await Promise.all([
        session.read({ query: chatsOf, params: [owner, ids] }),
        session.read({ query: receiptsOf, params: [owner, ids] }),
      ]);
      const byChat = new Map<ChatId, ReceiptRow[]>();
      for (const receipt of receipts.map((row) => receiptRowOf(row, owner))) {
        byChat.set(receipt.chatId, [...(byChat.get(receipt.chatId) ?? []), receipt]);
      }
      const rows = lasts
        .map((row) => chatRowOf(row, owner))
        // A chat that went on since the first read stands on an earlier page now.
        .filter(({ order }) => isBefore(order))
        .toSorted(newestFirst)
        .map((last): ChatRow => ({ chatId: last.chatId, last, receipts: byChat.get(last.chatId) ?? [] }));
      return { rows, end: all.length <= limit };
    },
  };
}

function newestFirst(a: Pick<MessageRow, 'order'>, b: Pick<MessageRow, 'order'>): number {
  return a.order < b.order ? 1 : a.order > b.order ? -1 : 0;
}

function page<T>(rows: readonly T[], limit: number): Page<T> {
  return { rows: rows.slice(0, limit), end: rows.length <= limit };
}
