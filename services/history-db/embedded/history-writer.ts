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
  /** Of a message that is refused: only that it was accepted. */
  putKey(row: HistoryRow): void;
  /** The commit's last puts. */
  finish(): void;
  failed(): void;
}

interface Stored {
  readonly order: bigint;
  readonly pointer: Buffer;
}

/** One user's view of a chat. */
interface Chat {
  readonly owner: bigint;
  readonly key: Buffer;
  /** Order of its last message, on disk or in this commit. */
  last: bigint;
  /** That message, while it is to be put. */
  row: MessageRow | undefined;
}

const mostRemembered = 20_000;

export function createHistoryWriter(tables: HistoryTables): HistoryWriter {
  /** Messages whose dialog and key rows are on disk or in this commit, by key. */
  let stored = new Map<string, Stored>();
  let storedBefore = new Map<string, Stored>();
  /** By chat, for each owner that was met. */
  let chats = new Map<string, Chat[]>();
  let changed: Chat[] = [];
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
    const chat = chatOf(row);
    if (row.order <= chat.last) return;
    chat.last = row.order;
    if (chat.row === undefined) changed.push(chat);
    chat.row = row;
  };

  const chatOf = (row: MessageRow): Chat => {
    let found = chats.get(row.chatId);
    if (found === undefined) chats.set(row.chatId, (found = []));
    let chat = found.find(({ owner }) => owner === row.owner);
    if (chat === undefined) {
      const key = chatKey(row.owner, row.chatId);
      const last = tables.chats.get(key)?.readBigUInt64BE(0) ?? 0n;
      chat = { owner: row.owner, key, last, row: undefined };
      found.push(chat);
    }
    return chat;
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
      receipts = new Map();
      if (stored.size > mostRemembered) {
        storedBefore = stored;
        stored = new Map();
      }
      if (chats.size > mostRemembered) chats = new Map();
    },
    put(row) {
      if (row.kind === 'message') putMessage(row);
      else putReceipt(row);
    },
    putKey(row) {
      if (row.kind === 'message') void tables.keys.put(sendKeyKey(row.senderId, row.key), pointerValue(row));
    },
    finish() {
      for (const chat of changed) {
        if (chat.row !== undefined) void tables.chats.put(chat.key, chatValue(chat.row.order, chat.row.position));
        chat.row = undefined;
      }
      changed = [];
      for (const row of receipts.values()) {
        void tables.receipts.put(receiptKey(row.owner, row.chatId, row), receiptValue(row));
      }
    },
    failed() {
      stored = new Map();
      storedBefore = new Map();
      chats = new Map();
    },
  };
}

function larger(one: bigint, other: bigint | undefined): bigint {
  return other === undefined || one > other ? one : other;
}
