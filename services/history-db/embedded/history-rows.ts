/**
 * The stored form of history. All integers big-endian, so that keys sort; ids are positive int64.
 * feed: owner u64, incarnation 16, offset u48 → 0, order u64, chat id | 1, the receipt's fields.
 * dialog: chat id, zero, order u64 → the message once. keys: sender u64, key 16 → order u64, chat id.
 * chats: owner u64, chat id → last order u64, incarnation 16, offset u48. receipts: owner, chat id, zero, reader, sender.
 */
import type { ChatId } from '../../core/chat-id.ts';
import type { ClientId, MessageId, SendKey, UserId } from '../../core/ids.ts';
import type { Position } from '../../core/log/record.ts';
import type { MessageRow, ReceiptRow } from '../history-db.ts';
import { cutString, readUuid, uuidBytes, writeUuid } from './bytes.ts';

const positionBytes = 22;

/** Good until the next call: LMDB copies keys at once. */
const oneFeedKey = Buffer.alloc(8 + positionBytes);
const oneSendKeyKey = Buffer.alloc(24);

export function feedKey(owner: bigint, position: Position): Buffer {
  const key = oneFeedKey;
  key.writeBigUInt64BE(owner, 0);
  writePosition(key, 8, position);
  return key;
}

/** The smallest key of a user (and, for the next id, one past the largest). */
export function ownerKey(owner: bigint): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeBigUInt64BE(owner, 0);
  return key;
}

export function dialogKey(chatId: string, order: bigint): Buffer {
  const key = Buffer.allocUnsafe(chatId.length + 9);
  const at = key.write(chatId, 0, 'latin1');
  key[at] = 0;
  key.writeBigUInt64BE(order, at + 1);
  return key;
}

export function sendKeyKey(senderId: bigint, sendKey: SendKey): Buffer {
  const key = oneSendKeyKey;
  key.writeBigUInt64BE(senderId, 0);
  writeUuid(key, 8, sendKey);
  return key;
}

export function chatKey(owner: bigint, chatId: string): Buffer {
  const key = Buffer.allocUnsafe(8 + chatId.length);
  key.writeBigUInt64BE(owner, 0);
  key.write(chatId, 8, 'latin1');
  return key;
}

export function receiptKey(owner: bigint, chatId: string, people?: { readerId: bigint; senderId: bigint }): Buffer {
  const length = 9 + chatId.length;
  const key = Buffer.allocUnsafe(people === undefined ? length : length + 16);
  key.writeBigUInt64BE(owner, 0);
  key.write(chatId, 8, 'latin1');
  key[length - 1] = 0;
  if (people !== undefined) {
    key.writeBigUInt64BE(people.readerId, length);
    key.writeBigUInt64BE(people.senderId, length + 8);
  }
  return key;
}

/** Where a message stands: the value in `keys`, and after a zero byte in `feed`. */
export interface Pointer {
  readonly chatId: ChatId;
  readonly order: bigint;
}

export function pointerValue(pointer: Pointer): Buffer {
  const value = Buffer.allocUnsafe(9 + pointer.chatId.length);
  value[0] = 0;
  value.writeBigUInt64BE(pointer.order, 1);
  value.write(pointer.chatId, 9, 'latin1');
  return value;
}

export function readPointer(value: Buffer): Pointer {
  return { order: value.readBigUInt64BE(1), chatId: cutString(value, 9) as ChatId };
}

const messageHead = 8 + 8 + 16 + 16 + 8 + positionBytes;

export function dialogValue(row: MessageRow): Buffer {
  const value = Buffer.allocUnsafe(messageHead + row.message.length);
  value.writeBigUInt64BE(row.messageId, 0);
  value.writeBigUInt64BE(row.senderId, 8);
  value.set(uuidBytes(row.clientId), 16);
  writeUuid(value, 32, row.key);
  value.writeBigUInt64BE(row.owner, 48);
  writePosition(value, 56, row.position);
  value.set(row.message, messageHead);
  return value;
}

/** `seen` replaces whose feed it stood in when the dialog row was written. */
export function readMessage(pointer: Pointer, value: Buffer, seen?: { owner: UserId; position: Position }): MessageRow {
  return {
    kind: 'message',
    owner: seen?.owner ?? (value.readBigUInt64BE(48) as UserId),
    position: seen?.position ?? readPosition(value, 56),
    chatId: pointer.chatId,
    order: pointer.order,
    messageId: value.readBigUInt64BE(0) as MessageId,
    senderId: value.readBigUInt64BE(8) as UserId,
    clientId: readUuid(value, 16) as ClientId,
    key: readUuid(value, 32) as SendKey,
    message: value.subarray(messageHead),
  };
}

const receiptHead = 1 + 8 * 5 + positionBytes + 2;

export function receiptValue(row: ReceiptRow): Buffer {
  const value = Buffer.allocUnsafe(receiptHead + row.chatId.length + row.receipt.length);
  value[0] = 1;
  value.writeBigUInt64BE(row.owner, 1);
  value.writeBigUInt64BE(row.readerId, 9);
  value.writeBigUInt64BE(row.senderId, 17);
  value.writeBigUInt64BE(row.deliveredUpTo, 25);
  value.writeBigUInt64BE(row.seenUpTo, 33);
  writePosition(value, 41, row.position);
  value.writeUInt16BE(row.chatId.length, receiptHead - 2);
  value.write(row.chatId, receiptHead, 'latin1');
  value.set(row.receipt, receiptHead + row.chatId.length);
  return value;
}

export function readReceipt(value: Buffer): ReceiptRow {
  const end = receiptHead + value.readUInt16BE(receiptHead - 2);
  return {
    kind: 'receipt',
    owner: value.readBigUInt64BE(1) as UserId,
    readerId: value.readBigUInt64BE(9) as UserId,
    senderId: value.readBigUInt64BE(17) as UserId,
    deliveredUpTo: value.readBigUInt64BE(25),
    seenUpTo: value.readBigUInt64BE(33),
    position: readPosition(value, 41),
    chatId: value.toString('latin1', receiptHead, end) as ChatId,
    receipt: value.subarray(end),
  };
}

export function chatValue(order: bigint, position: Position): Buffer {
  const value = Buffer.allocUnsafe(8 + positionBytes);
  value.writeBigUInt64BE(order, 0);
  writePosition(value, 8, position);
  return value;
}

export function writePosition(target: Buffer, at: number, position: Position): void {
  target.set(uuidBytes(position.incarnation), at);
  target.writeUIntBE(Math.max(0, position.offset), at + 16, 6);
}

export function readPosition(source: Buffer, at: number): Position {
  return { incarnation: readUuid(source, at), offset: source.readUIntBE(at + 16, 6) };
}
