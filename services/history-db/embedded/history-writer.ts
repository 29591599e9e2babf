/**
 * Turns rows into puts. What several rows of one commit change (a chat's last message, a receipt) is put once,
 * when the commit's rows are all in; what was put lately is remembered, so that a message's second row (of
 * the other user's feed) does not store the message again.
 */
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';
import type { HistoryRow, MessageRow, ReceiptRow } from '../history-db.ts';
import {
  chatKey,
  chatValue,
  dialogKey,
  dialogValue,
  feedKey,
  pointerValue,
  readReceipt,
  receiptKey,
  receiptValue,
  sendKeyKey,
} from './history-rows.ts';

export interface HistoryTables {
  readonly feed: BinaryTable;
  readonly dialog: BinaryTable;
  readonly keys: BinaryTable;
  readonly chats: BinaryTable;
  readonly receipts: BinaryTable;
}

export interface HistoryWriter {
  begin(): void;
  put(row: HistoryRow): void;
  /** The commit's last puts. */
  finish(): void;
  failed(): void;
}

interface Stored {
  readonly order: bigint;
  readonly pointer: Buffer;
}

const mostRemembered = 20_000;

export function createHistoryWriter(tables: HistoryTables): HistoryWriter {
  /** Messages whose dialog and key rows are on disk or in this commit, by key. */
  let stored = new Map<string, Stored>();
  let storedBefore = new Map<string, Stored>();
  /** Orders of chats' last messages, on disk or in this commit, by owner and chat. */
  let lastOrders = new Map<string, bigint>();
  let chats = new Map<string, MessageRow>();
  let receipts = new Map<string, ReceiptRow>();

  const putMessage = (row: MessageRow): void => {
    let known = stored.get(row.key) ?? storedBefore.get(row.key);
    if (known === undefined || known.order !== row.order) {
      known = { order: row.order, pointer: pointerValue(row) };
      stored.set(row.key, known);
      void tables.dialog.put(dialogKey(row.chatId, row.order), dialogValue(row));
      void tables.keys.put(sendKeyKey(row.senderId, row.key), known.pointer);
    }
    void tables.feed.put(feedKey(row.owner, row.position), known.pointer);
    const chat = `${row.owner}/${row.chatId}`;
    let last = lastOrders.get(chat);
    if (last === undefined) {
      last = tables.chats.get(chatKey(row.owner, row.chatId))?.readBigUInt64BE(0) ?? 0n;
    }
    if (row.order > last) {
      last = row.order;
      chats.set(chat, row);
    }
    lastOrders.set(chat, last);
  };

  const putReceipt = (row: ReceiptRow): void => {
    void tables.feed.put(feedKey(row.owner, row.position), receiptValue(row));
    const id = `${row.owner}/${row.chatId}/${row.readerId}/${row.senderId}`;
    let known = receipts.get(id);
    if (known === undefined) {
      const bytes = tables.receipts.get(receiptKey(row.owner, row.chatId, row));
      known = bytes === undefined ? undefined : readReceipt(bytes);
    }
    if (known !== undefined && known.deliveredUpTo >= row.deliveredUpTo && known.seenUpTo >= row.seenUpTo) return;
    receipts.set(id, {
      ...row,
      deliveredUpTo: larger(row.deliveredUpTo, known?.deliveredUpTo),
      seenUpTo: larger(row.seenUpTo, known?.seenUpTo),
    });
  };

  return {
    begin() {
      chats = new Map();
      receipts = new Map();
      if (stored.size > mostRemembered) {
        storedBefore = stored;
        stored = new Map();
      }
      if (lastOrders.size > 2 * mostRemembered) lastOrders = new Map();
    },
    put(row) {
      if (row.kind === 'message') putMessage(row);
      else putReceipt(row);
    },
    finish() {
      for (const row of chats.values()) {
        void tables.chats.put(chatKey(row.owner, row.chatId), chatValue(row.order, row.position));
      }
      for (const row of receipts.values()) {
        void tables.receipts.put(receiptKey(row.owner, row.chatId, row), receiptValue(row));
      }
    },
    failed() {
      stored = new Map();
      storedBefore = new Map();
      lastOrders = new Map();
    },
  };
}

function larger(one: bigint, other: bigint | undefined): bigint {
  return other === undefined || one > other ? one : other;
}
