/**
 * Rows and watermarks for the contract suite.
 */
import { dialogOf } from '../core/chat-id.ts';
import { makeSendKey, parseClientId, parseMessageId, parseUserId, type UserId } from '../core/ids.ts';
import type { PartitionState } from '../core/log/record.ts';
import type { HistoryBatch, HistoryDb, HistoryRow, MessageRow, ReceiptRow, Watermark } from './history-db.ts';

export const incarnation = '01939d8e-0000-7000-8000-00000000000a';
export const laterIncarnation = '01939d8f-0000-7000-8000-000000000001';

export function user(id: bigint): UserId {
  return certain(parseUserId(id));
}

export function messageFor(
  owner: bigint,
  message: { from: bigint; to: bigint; order: bigint; offset: number },
): MessageRow {
  const seed = Buffer.alloc(16);
  seed.writeBigUInt64BE(message.order, 0);
  return {
    kind: 'message',
    owner: user(owner),
    position: { incarnation, offset: message.offset },
    chatId: certain(dialogOf(user(message.from), user(message.to))).chatId,
    messageId: certain(parseMessageId(message.order)),
    order: message.order,
    senderId: user(message.from),
    clientId: certain(parseClientId('01234567-89ab-4def-8123-456789abcdef')),
    key: makeSendKey(Number(message.order % 1_000_000n), seed),
    message: Buffer.from(`message ${message.order}`),
  };
}

export function receiptFor(
  owner: bigint,
  receipt: { reader: bigint; sender: bigint; delivered: bigint; seen: bigint; offset: number },
): ReceiptRow {
  return {
    kind: 'receipt',
    owner: user(owner),
    position: { incarnation, offset: receipt.offset },
    chatId: certain(dialogOf(user(receipt.reader), user(receipt.sender))).chatId,
    readerId: user(receipt.reader),
    senderId: user(receipt.sender),
    deliveredUpTo: receipt.delivered,
    seenUpTo: receipt.seen,
    receipt: Buffer.from(`receipt ${receipt.offset}`),
  };
}

export function watermarkAt(offset: number, state: Partial<PartitionState> = {}): Watermark {
  return {
    next: { incarnation, offset },
    state: {
      incarnation,
      term: 3,
      server: 's1',
      sequence: offset,
      highestId: BigInt(offset),
      relayed: 0,
      accepted: new Map(),
      derived: new Map(),
      ...state,
    },
  };
}

export function batchOf(partition: number, next: { offset: number }, ...rows: readonly HistoryRow[]): HistoryBatch {
  return { partition, rows, watermark: watermarkAt(next.offset) };
}

/** In one batch of partition 0. */
export function write(historyDb: HistoryDb, ...rows: readonly HistoryRow[]): Promise<void> {
  return historyDb.write([batchOf(0, { offset: 1000 }, ...rows)]);
}

function certain<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a sample is not valid');
  return value;
}
