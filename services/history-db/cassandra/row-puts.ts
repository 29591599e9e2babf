/**
 * What a row of history puts where. A put is an upsert with a write time that follows from the record alone, so
 * that it may be repeated in any order: the later record wins, whoever writes last.
 */
import type { Statement, Value } from '../../cassandra/cassandra-session.ts';
import { int64 } from '../../cassandra/row-values.ts';
import { sendKeyTimeMs } from '../../core/ids.ts';
import type { MessageRow, ReceiptRow } from '../history-db.ts';
import { dialogBucketOf, feedBucketOf, keyBucketMs } from './history-schema.ts';

export type Table = 'feed' | 'feed_buckets' | 'dialog' | 'dialog_buckets' | 'send_keys' | 'chats' | 'receipts';

export interface Put {
  readonly table: Table;
  /** Of Cassandra: puts with the same one travel together. */
  readonly partitionKey: string;
  readonly statements: readonly Statement[];
  readonly sizeBytes: number;
}

const headBytes = 150;

const insertFeedMessage = `INSERT INTO feed (owner, incarnation, bucket, log_offset, chat_id, sender_id, message_id,
  chat_order, client_id, send_key, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
const insertFeedReceipt = `INSERT INTO feed (owner, incarnation, bucket, log_offset, chat_id, sender_id, reader_id,
  delivered, seen, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
// What only says that a bucket exists has one write time for ever: writing it again changes nothing.
const insertFeedBucket = 'INSERT INTO feed_buckets (owner, incarnation, bucket) VALUES (?, ?, ?) USING TIMESTAMP 1';
const insertDialogBucket = 'INSERT INTO dialog_buckets (chat_id, bucket) VALUES (?, ?) USING TIMESTAMP 1';
const insertDialog = `INSERT INTO dialog (chat_id, bucket, chat_order, message_id, sender_id, client_id, send_key,
  message, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
const insertSendKey =
  'INSERT INTO send_keys (sender_id, bucket, send_key, chat_id, chat_order) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?';
const insertChat = `INSERT INTO chats (owner, chat_id, incarnation, log_offset, chat_order, message_id, sender_id,
  client_id, send_key, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
// A height is its own write time: the highest wins, without reading.
const where = 'WHERE owner = ? AND chat_id = ? AND reader_id = ? AND sender_id = ?';
const raiseDelivered = `UPDATE receipts USING TIMESTAMP ? SET delivered = ? ${where}`;
const raiseSeen = `UPDATE receipts USING TIMESTAMP ? SET seen = ? ${where}`;
const replaceLatest = `UPDATE receipts USING TIMESTAMP ? SET latest = ? ${where}`;

export function feedMessagePut(row: MessageRow): Put {
  return feedPut(row, {
    query: insertFeedMessage,
    rest: [int64(row.messageId), int64(row.order), row.clientId, row.key, bufferOf(row.message), int64(row.messageId)],
    bytes: row.message.length,
  });
}

export function feedReceiptPut(row: ReceiptRow): Put {
  const { readerId, deliveredUpTo, seenUpTo, receipt } = row;
  return feedPut(row, {
    query: insertFeedReceipt,
    rest: [int64(readerId), int64(deliveredUpTo), int64(seenUpTo), bufferOf(receipt), int64(highest(row))],
    bytes: receipt.length,
  });
}

/** Both kinds of rows begin alike: whose feed, where in it, which chat, who sent. */
function feedPut(
  { owner, position, chatId, senderId }: MessageRow | ReceiptRow,
  { query, rest, bytes }: { query: string; rest: readonly Value[]; bytes: number },
): Put {
  const bucket = feedBucketOf(position.offset);
  const place = [int64(owner), position.incarnation, bucket, int64(position.offset)];
  const params: readonly Value[] = [...place, chatId, int64(senderId), ...rest];
  return put('feed', `${owner}/${position.incarnation}/${bucket}`, { statements: [{ query, params }], bytes });
}

export function feedBucketPut({ owner, position }: Pick<MessageRow, 'owner' | 'position'>): Put {
  const params = [int64(owner), position.incarnation, feedBucketOf(position.offset)];
  return put('feed_buckets', String(owner), { statements: [{ query: insertFeedBucket, params }], bytes: 0 });
}

export function dialogBucketPut({ chatId, order }: Pick<MessageRow, 'chatId' | 'order'>): Put {
  const statement = { query: insertDialogBucket, params: [chatId, dialogBucketOf(order)] };
  return put('dialog_buckets', chatId, { statements: [statement], bytes: 0 });
}

/** Of two rows of one message the greater wins, in Cassandra as well (equal write times: greater cell). */
export function placeOf({ owner, position }: Pick<MessageRow, 'owner' | 'position'>): string {
  return `${owner} ${position.incarnation} ${position.offset}`;
}

export function dialogPut(row: MessageRow): Put {
  const bucket = dialogBucketOf(row.order);
  const params: readonly Value[] = [
    row.chatId,
    bucket,
    int64(row.order),
    int64(row.messageId),
    int64(row.senderId),
    row.clientId,
    row.key,
    bufferOf(row.message),
    placeOf(row),
    int64(row.messageId),
  ];
  return put('dialog', `${row.chatId}/${bucket}`, {
    statements: [{ query: insertDialog, params }],
    bytes: row.message.length,
  });
}

export function keyBucketOf(key: MessageRow['key']): number {
  return Math.floor(sendKeyTimeMs(key) / keyBucketMs);
}

export function sendKeyPut({ senderId, key, chatId, order, messageId }: MessageRow): Put {
  const bucket = keyBucketOf(key);
  const params = [int64(senderId), bucket, key, chatId, int64(order), int64(messageId)];
  return put('send_keys', `${senderId}/${bucket}`, { statements: [{ query: insertSendKey, params }], bytes: 0 });
}

export function chatPut(row: MessageRow): Put {
  const params: readonly Value[] = [
    int64(row.owner),
    row.chatId,
    row.position.incarnation,
    int64(row.position.offset),
    int64(row.order),
    int64(row.messageId),
    int64(row.senderId),
    row.clientId,
    row.key,
    bufferOf(row.message),
    int64(row.order),
  ];
  return put('chats', String(row.owner), {
    statements: [{ query: insertChat, params }],
    bytes: row.message.length,
  });
}

export function receiptPut(row: ReceiptRow): Put {
  const key = [int64(row.owner), row.chatId, int64(row.readerId), int64(row.senderId)];
  const delivered = int64(row.deliveredUpTo);
  const seen = int64(row.seenUpTo);
  const latest = int64(highest(row));
  return put('receipts', String(row.owner), {
    statements: [
      { query: raiseDelivered, params: [delivered, delivered, ...key] },
      { query: raiseSeen, params: [seen, seen, ...key] },
      { query: replaceLatest, params: [latest, latestBytes(row), ...key] },
    ],
    bytes: row.receipt.length + 2 * headBytes,
  });
}

function latestBytes({ position, receipt }: ReceiptRow): Buffer {
  const head = Buffer.alloc(22);
  head.write(position.incarnation.replaceAll('-', ''), 0, 16, 'hex');
  head.writeUIntBE(position.offset, 16, 6);
  return Buffer.concat([head, receipt]);
}

function highest({ deliveredUpTo, seenUpTo }: ReceiptRow): bigint {
  return deliveredUpTo > seenUpTo ? deliveredUpTo : seenUpTo;
}

function put(table: Table, partitionKey: string, given: { statements: readonly Statement[]; bytes: number }): Put {
  return { table, partitionKey, statements: given.statements, sizeBytes: headBytes + given.bytes };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
