/**
 * Pages of history, newest first. One more row than asked for is looked at, to say whether anything is left.
 */
import type { ChatId } from '../../core/chat-id.ts';
import { messageMissing } from '../refused-rows.ts';
import type { ChatRow, HistoryDb, HistoryRow, MessageRow, Page, ReceiptRow } from '../history-db.ts';
import {
  dialogKey,
  feedKey,
  ownerKey,
  readMessage,
  readPointer,
  readPosition,
  readReceipt,
  receiptKey,
  sendKeyKey,
  type Pointer,
} from './history-rows.ts';
import { cutString } from './bytes.ts';
import type { HistoryTables } from './history-writer.ts';

type Queries = Pick<HistoryDb, 'userHistory' | 'dialogHistory' | 'byKey' | 'chats'>;

const maxOrder = 2n ** 63n - 1n;

export function createHistoryQueries(tables: HistoryTables): Queries {
  const message = (pointer: Pointer, seen?: Pick<MessageRow, 'owner' | 'position'>): MessageRow => {
    const bytes = tables.dialog.get(dialogKey(pointer.chatId, pointer.order));
    if (bytes === undefined) throw new Error(`chat ${pointer.chatId} has no row ${pointer.order}`);
    return readMessage(pointer, bytes, seen);
  };

  const receiptsOf = (owner: bigint, chatId: ChatId): ReceiptRow[] => {
    const found: ReceiptRow[] = [];
    const start = receiptKey(owner, chatId);
    for (const { key, value } of tables.receipts.getRange({ start })) {
      if (start.compare(key, 0, start.length) !== 0) break;
      found.push(readReceipt(value));
    }
    return found;
  };

  return {
    async userHistory({ owner, before, limit }) {
      const rows: HistoryRow[] = [];
      const start = before === undefined ? ownerKey(owner + 1n) : feedKey(owner, before);
      const range = { start, exclusiveStart: true, end: ownerKey(owner), reverse: true, limit: limit + 1 };
      for (const { key, value } of tables.feed.getRange(range)) {
        if (value[0] === 1) rows.push(readReceipt(value));
        else rows.push(message(readPointer(value), { owner, position: readPosition(key, 8) }));
      }
      return page(rows, limit);
    },
    async dialogHistory({ chatId, before, limit }) {
      const rows: MessageRow[] = [];
      const range = {
        start: dialogKey(chatId, before ?? maxOrder),
        exclusiveStart: before !== undefined,
        end: dialogKey(chatId, 0n),
        reverse: true,
        limit: limit + 1,
      };
      for (const { key, value } of tables.dialog.getRange(range)) {
        rows.push(readMessage({ chatId, order: key.readBigUInt64BE(key.length - 8) }, value));
      }
      return page(rows, limit);
    },
    async byKey({ senderId, key }) {
      const bytes = tables.keys.get(sendKeyKey(senderId, key));
      if (bytes === undefined) return undefined;
      const pointer = readPointer(bytes);
      const found = tables.dialog.get(dialogKey(pointer.chatId, pointer.order));
      if (found === undefined) throw messageMissing(pointer);
      return readMessage(pointer, found);
    },
    async chats({ owner, before, limit }) {
      const found: { chatId: ChatId; order: bigint; value: Buffer }[] = [];
      for (const { key, value } of tables.chats.getRange({ start: ownerKey(owner), end: ownerKey(owner + 1n) })) {
        const order = value.readBigUInt64BE(0);
        if (before === undefined || order < before) found.push({ chatId: cutString(key, 8) as ChatId, order, value });
      }
      found.sort((a, b) => (a.order < b.order ? 1 : a.order > b.order ? -1 : 0));
      const rows = found.slice(0, limit).map(({ chatId, order, value }): ChatRow => ({
        chatId,
        last: message({ chatId, order }, { owner, position: readPosition(value, 8) }),
        receipts: receiptsOf(owner, chatId),
      }));
      return { rows, end: found.length <= limit };
    },
  };
}

function page<T>(rows: T[], limit: number): Page<T> {
  return { rows: rows.slice(0, limit), end: rows.length <= limit };
}
