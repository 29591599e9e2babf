/**
 * The PUB/SUB event log: one topic, N partitions, each a sequence of opaque records with growing offsets
 * (with holes on some engines). An append's answer may be lost, late or wrong; the rules in core/log make
 * up for it. Errors: engine.unavailable (try again), feed.expired (offset below the log's start).
 */
import type { DeadLetters } from './dead-letters.ts';

export interface StoredRecord {
  readonly offset: number;
  readonly value: Uint8Array;
}

export interface AppendAnswer {
  readonly partition: number;
  /** Offset of the batch's first record. */
  readonly baseOffset: number;
}

export interface Bounds {
  /** Offset of the oldest record that is kept. */
  readonly start: number;
  /** Offset that the next record will get. */
  readonly end: number;
}

/** Appends since the backplane was opened: how well they are put together shows in the quotients. */
export interface AppendCounts {
  /** Writes to the engine that were answered: a request to a broker, a commit. */
  readonly requests: number;
  /** Their parts, each of one partition. */
  readonly batches: number;
  readonly records: number;
  /** Of the records' values. */
  readonly bytes: number;
}

export interface ReadLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export interface Backplane extends AsyncDisposable {
  readonly partitionCount: number;
  /** What an answered append survives, in a sentence for people. */
  readonly durability: string;
  /** Appends the values in order, contiguously per call; resolves when all are as durable as `durability` says. */
  append(partition: number, values: readonly Uint8Array[]): Promise<AppendAnswer>;
  appended(): AppendCounts;
  bounds(partition: number): Promise<Bounds>;
  /** Records from `from` on, in order, without waiting: none at the end of the log, at least one otherwise. */
  read(partition: number, from: number, limits: ReadLimits): Promise<readonly StoredRecord[]>;
  /** Those of the partitions that got records in the last so many milliseconds, by the engine's clock; others may be among them. */
  active(partitions: readonly number[], withinMs: number): Promise<readonly number[]>;
  /** Follows an explicit set of partitions that may change while it runs. */
  openTail(handler: TailHandler): Tail;
  /** Joins a consumer group: the engine spreads the partitions over the members. */
  openGroup(group: string, handler: GroupHandler): Promise<AsyncDisposable>;
  /**
   * Retention never removes records at or above the lowest offset that any holder protects in a partition.
   * A holder that has never protected one does not count. Kept across restarts.
   */
  protect(holder: string, partition: number, from: number): Promise<void>;
  /** Records that history can never have. */
  readonly deadLetters: DeadLetters;
}

export interface TailHandler {
  /** In offset order per partition, each record once. A returned promise holds that partition back until it resolves. */
  records(partition: number, records: readonly StoredRecord[]): void | Promise<void>;
  /** The partition cannot be followed any more (feed.expired, or a fault of the engine that it does not mend itself). */
  failed(partition: number, error: unknown): void;
}

export interface Tail extends AsyncDisposable {
  /** Follows the partition from this offset on; replaces an earlier assignment. Nothing of an earlier one is delivered afterwards. */
  assign(partition: number, from: number): void;
  unassign(partition: number): void;
}

export interface GroupHandler {
  /** Called when the partition becomes this member's; answers the offset to start from. */
  assigned(partition: number): Promise<number>;
  /** The next batch comes after the promise resolves; a rejection is retried with backoff from the same offset. */
  records(partition: number, records: readonly StoredRecord[]): Promise<void>;
  revoked(partition: number): Promise<void>;
}
