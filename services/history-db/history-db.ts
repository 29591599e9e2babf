/**
 * The queryable store of messages. Written by materialize only, batch by batch with a watermark per
 * partition; every write is an idempotent upsert, so batches may be written again after a crash.
 * Errors: engine.unavailable (try again).
 */
import type { ChatId } from '../core/chat-id.ts';
import type { ClientId, MessageId, SendKey, UserId } from '../core/ids.ts';
import type { PartitionState, Position } from '../core/log/record.ts';

/** A message in one user's feed. */
export interface MessageRow {
  readonly kind: 'message';
  readonly owner: UserId;
  readonly position: Position;
  readonly chatId: ChatId;
  readonly messageId: MessageId;
  /** Sorts the chat; today the message id. */
  readonly order: bigint;
  readonly senderId: UserId;
  readonly clientId: ClientId;
  readonly key: SendKey;
  /** cecochat.v1.Message, as accepted. */
  readonly message: Uint8Array;
}

/** A confirmation or receipt in one user's feed. */
export interface ReceiptRow {
  readonly kind: 'receipt';
  readonly owner: UserId;
  readonly position: Position;
  readonly chatId: ChatId;
  readonly readerId: UserId;
  readonly senderId: UserId;
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
  /** cecochat.v1.Receipt, as accepted. */
  readonly receipt: Uint8Array;
}

export type HistoryRow = MessageRow | ReceiptRow;

/** How far a partition has been turned into rows: `state` is the fold before the record at `next.offset`. */
export interface Watermark {
  readonly next: Position;
  readonly state: PartitionState;
}

export interface HistoryBatch {
  readonly partition: number;
  readonly rows: readonly HistoryRow[];
  /** Absent when older rows are written anew: the partition's watermark stays. */
  readonly watermark?: Watermark;
}

export interface Page<T> {
  /** Newest first. */
  readonly rows: readonly T[];
  /** Nothing older is left. */
  readonly end: boolean;
}

export interface ChatRow {
  readonly chatId: ChatId;
  readonly last: MessageRow;
  /** Highest delivered and seen per reader. */
  readonly receipts: readonly ReceiptRow[];
}

export interface HistoryDb extends AsyncDisposable {
  readonly durability: string;
  /**
   * Rows first, then the watermark (or all at once); resolves when both are as durable as `durability` says.
   * Error: RowsRefusedError (refused-rows.ts).
   */
  write(batches: readonly HistoryBatch[]): Promise<void>;
  watermark(partition: number): Promise<Watermark | undefined>;
  /** One user's feed, newest first by (incarnation, offset); `before` is exclusive. */
  userHistory(query: { owner: UserId; before?: Position; limit: number }): Promise<Page<HistoryRow>>;
  /** One chat, newest first by order; `before` is exclusive. */
  dialogHistory(query: { chatId: ChatId; before?: bigint; limit: number }): Promise<Page<MessageRow>>;
  /** Error: engine.unavailable also while the key is known and its message is not in, which is not the same as absent. */
  byKey(query: { senderId: UserId; key: SendKey }): Promise<MessageRow | undefined>;
  /** The user's chats by their last message's order, the most recent first; `before` is exclusive. */
  chats(query: { owner: UserId; before?: bigint; limit: number }): Promise<Page<ChatRow>>;
}
