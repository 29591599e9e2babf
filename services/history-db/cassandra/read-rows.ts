/**
 * Rows of the tables as rows of history.
 */
import { bigintIn, bytesIn, isNullIn, numberIn, textIn, uuidIn, type Row } from '../../cassandra/row-values.ts';
import { parseChatId, type ChatId } from '../../core/chat-id.ts';
import { parseClientId, parseMessageId, parseSendKey, parseUserId, type UserId } from '../../core/ids.ts';
import type { Position } from '../../core/log/record.ts';
import type { HistoryRow, MessageRow, ReceiptRow } from '../history-db.ts';

export function feedRowOf(row: Row, owner: UserId): HistoryRow {
  const position = { incarnation: uuidIn(row, 'incarnation'), offset: numberIn(row, 'log_offset') };
  if (isNullIn(row, 'receipt')) return { kind: 'message', owner, position, ...messageIn(row) };
  return {
    kind: 'receipt',
    owner,
    position,
    chatId: chatIdIn(row),
    readerId: userIn(row, 'reader_id'),
    senderId: userIn(row, 'sender_id'),
    deliveredUpTo: bigintIn(row, 'delivered'),
    seenUpTo: bigintIn(row, 'seen'),
    receipt: bytesIn(row, 'receipt'),
  };
}

/** `seen` replaces whose feed it stands in. */
export function dialogRowOf(row: Row): MessageRow {
  const [owner = '', incarnation = '', offset = ''] = textIn(row, 'place').split(' ');
  return {
    kind: 'message',
    owner: certain(parseUserId(owner), 'place'),
    position: { incarnation, offset: Number(offset) },
    ...messageIn(row),
  };
}

export function chatRowOf(row: Row, owner: UserId): MessageRow {
  const position = { incarnation: uuidIn(row, 'incarnation'), offset: numberIn(row, 'log_offset') };
  return { kind: 'message', owner, position, ...messageIn(row) };
}

export function receiptRowOf(row: Row, owner: UserId): ReceiptRow {
  const latest = bytesIn(row, 'latest');
  return {
    kind: 'receipt',
    owner,
    position: positionIn(latest),
    chatId: chatIdIn(row),
    readerId: userIn(row, 'reader_id'),
    senderId: userIn(row, 'sender_id'),
    deliveredUpTo: bigintIn(row, 'delivered'),
    seenUpTo: bigintIn(row, 'seen'),
    receipt: latest.subarray(22),
  };
}

export function chatIdIn(row: Row): ChatId {
  return certain(parseChatId(textIn(row, 'chat_id')), 'chat_id');
}

function messageIn(row: Row): Omit<MessageRow, 'kind' | 'owner' | 'position'> {
  return {
    chatId: chatIdIn(row),
    messageId: certain(parseMessageId(bigintIn(row, 'message_id')), 'message_id'),
    order: bigintIn(row, 'chat_order'),
    senderId: userIn(row, 'sender_id'),
    clientId: certain(parseClientId(uuidIn(row, 'client_id')), 'client_id'),
    key: certain(parseSendKey(uuidIn(row, 'send_key')), 'send_key'),
    message: bytesIn(row, 'message'),
  };
}

function userIn(row: Row, column: string): UserId {
  return certain(parseUserId(bigintIn(row, column)), column);
}

function positionIn(bytes: Buffer): Position {
  const hex = bytes.toString('hex', 0, 16);
  const incarnation = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  return { incarnation, offset: bytes.readUIntBE(16, 6) };
}

function certain<T>(value: T | undefined, column: string): T {
  if (value === undefined) throw new Error(`column ${column} holds what cannot be in it`);
  return value;
}
