/**
 * The stored partitions: their ends, reading, and what a commit of appends writes. It goes to the journal and
 * stays in memory as well; once some megabytes have gathered, a move puts them into LMDB, where each partition has
 * its batches together, and takes the journal's files away. What is read here is on disk.
 */
import { CecochatError } from '../../core/errors.ts';
import type { JournalFiles } from '../../embedded/journal-files.ts';
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';
import type { Bounds, ReadLimits, StoredRecord } from '../backplane.ts';
import { batchKey, blobBytes, keyOffset, maxBlobBytes, readHeader, readRecords, writeBlob } from './batch-blob.ts';
import {
  decodeJournalRecord,
  encodeJournalRecord,
  type JournalBatch,
  type JournalRecord,
  type PlannedBatch,
} from './journal.ts';

interface End {
  /** Offset of the next record. */
  readonly offset: number;
  /** Bytes ever appended. */
  readonly bytes: number;
}

export interface WaitingValues {
  readonly values: readonly Uint8Array[];
  readonly bytes: number;
}

export interface PartitionLog {
  /** To be called at most once in a commit of appends, before `flush`. */
  write(waiting: ReadonlyMap<number, WaitingValues>): void;
  /** Resolves when what was written is on disk; `committed` or `failed` must follow. Error: what the system answers. */
  flush(): Promise<void>;
  committed(): void;
  failed(): void;
  /** Enough has gathered to move it. */
  isMoveDue(): boolean;
  /** So much that the move should hurry. */
  isMoveLate(): boolean;
  /**
   * To be called within a commit of appends: what has gathered is to be moved. Answers the number of its last
   * file. One that failed goes on.
   */
  beginMove(): number;
  /** To be called within a commit of LMDB: moves a part. Answers what to call after it, which says whether that was all. */
  move(): () => boolean;
  end(partition: number): End;
  start(partition: number): number;
  bounds(partition: number): Bounds;
  read(partition: number, from: number, limits: ReadLimits): StoredRecord[];
}

const moveBytes = 4 << 20;
const lateBytes = 4 * moveBytes;
/** Of restarts with little in between. */
const mostFiles = 16;
/** Of a move, in one commit, which appends wait for on the disk: all at once took 70 ms, 256 KiB 5 ms. */
const sliceBytes = 64 * 1024;

interface Gathered {
  readonly partition: number;
  readonly count: number;
}

/** Error: data.damaged. */
export function createPartitionLog(
  places: { readonly batches: BinaryTable; readonly journal: JournalFiles },
  nowMs: () => number,
): PartitionLog {
  const { batches: table, journal } = places;
  const ends = new Map<number, End>();
  /** Batches of the journal, by partition, oldest first. */
  const gathered = new Map<number, JournalBatch[]>();
  let gatheredBytes = 0;
  let written: JournalRecord | undefined;
  let moving: { readonly left: readonly Gathered[]; readonly upTo: number } | undefined;

  const loadEnd = (partition: number): End => {
    for (const entry of table.getRange({
      start: batchKey(partition + 1, 0),
      end: batchKey(partition, 0),
      exclusiveStart: true,
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    })) {
      return endOf({ offset: keyOffset(entry.key), blob: entry.value });
    }
    return { offset: 0, bytes: 0 };
  };

  const gather = (batch: JournalBatch): void => {
    const known = gathered.get(batch.partition);
    if (known === undefined) gathered.set(batch.partition, [batch]);
    else known.push(batch);
    gatheredBytes += batch.blob.length;
    ends.set(batch.partition, endOf(batch));
  };

  /** Answers how many bytes left the journal with it. */
  const put = (moved: Gathered | undefined): number => {
    if (moved === undefined) return 0;
    const { partition, count } = moved;
    const batches = (gathered.get(partition) ?? []).slice(0, count);
    for (const { offset, blob } of batches) void table.put(batchKey(partition, offset), blob);
    return batches.reduce((sum, { blob }) => sum + blob.length, 0);
  };

  const forget = ({ partition, count }: Gathered): void => {
    const later = gathered.get(partition)?.slice(count) ?? [];
    if (later.length > 0) gathered.set(partition, later);
    else gathered.delete(partition);
  };

  const firstGathered = (partition: number): number => gathered.get(partition)?.[0]?.offset ?? Number.POSITIVE_INFINITY;

  /** The batches that the values of one partition make, cut at `maxBlobBytes`. */
  const plan = (partition: number, { values, bytes: left }: WaitingValues, into: PlannedBatch[]): void => {
    let { offset, bytes } = log.end(partition);
    const timeMs = nowMs();
    for (let from = 0, rest = left; from < values.length;) {
      const { to, size } = rest <= maxBlobBytes ? { to: values.length, size: rest } : cut(values, from);
      const part = { header: { timeMs, bytesBefore: bytes }, values, from, to };
      const length = blobBytes(to - from, size);
      into.push({ partition, offset, bytes: length, write: (target, at) => void writeBlob(target, at, part) });
      offset += to - from;
      bytes += length;
      rest -= size;
      from = to;
    }
  };

  const readGathered = (batches: readonly JournalBatch[], from: number, limits: ReadLimits): StoredRecord[] => {
    const into: StoredRecord[] = [];
    const room = { records: Math.max(1, limits.maxRecords), bytes: limits.maxBytes };
    for (let index = lastAtOrBelow(batches, from); index < batches.length; index += 1) {
      const batch = batches[index];
      if (batch === undefined || room.records <= 0 || room.bytes <= 0) break;
      readRecords(batch.blob, batch.offset, { from, into, room });
    }
    return into;
  };

  const log: PartitionLog = {
    write(waiting) {
      const planned: PlannedBatch[] = [];
      for (const [partition, values] of waiting) plan(partition, values, planned);
      written = encodeJournalRecord(planned);
    },
    async flush() {
      if (written !== undefined) await journal.append(written.bytes);
    },
    committed() {
      for (const batch of written?.batches ?? []) gather(batch);
      written = undefined;
    },
    failed() {
      written = undefined;
    },
    isMoveDue: () => gatheredBytes >= moveBytes || journal.count > mostFiles,
    isMoveLate: () => gatheredBytes >= lateBytes,
    beginMove() {
      moving ??= { left: countsOf(gathered), upTo: journal.roll() };
      return moving.upTo;
    },
    move() {
      const { left, upTo } = moving ?? { left: [], upTo: 0 };
      let bytes = 0;
      let taken = 0;
      for (; taken < left.length && bytes < sliceBytes; taken += 1) bytes += put(left[taken]);
      return () => {
        for (const done of left.slice(0, taken)) forget(done);
        gatheredBytes -= bytes;
        moving = taken === left.length ? undefined : { left: left.slice(taken), upTo };
        return moving === undefined;
      };
    },
    end(partition) {
      let end = ends.get(partition);
      if (end === undefined) {
        end = loadEnd(partition);
        ends.set(partition, end);
      }
      return end;
    },
    start(partition) {
      for (const first of table.getKeys({ start: batchKey(partition, 0), end: batchKey(partition + 1, 0), limit: 1 })) {
        return keyOffset(first);
      }
      const first = firstGathered(partition);
      return Number.isFinite(first) ? first : 0;
    },
    bounds: (partition) => ({ start: log.start(partition), end: log.end(partition).offset }),
    read(partition, from, limits) {
      const into: StoredRecord[] = [];
      if (from >= log.end(partition).offset) return into;
      if (from >= firstGathered(partition)) return readGathered(gathered.get(partition) ?? [], from, limits);
      let start = from;
      for (const found of table.getKeys({
        start: batchKey(partition, from),
        end: batchKey(partition, 0),
        inclusiveEnd: true,
        reverse: true,
        limit: 1,
      })) {
        start = keyOffset(found);
      }
      const room = { records: Math.max(1, limits.maxRecords), bytes: limits.maxBytes };
      for (const { key: at, value } of table.getRange({
        start: batchKey(partition, start),
        end: batchKey(partition + 1, 0),
      })) {
        if (into.length > 0 && keyOffset(at) !== from + into.length) throw hole(partition, from + into.length);
        readRecords(value, keyOffset(at), { from, into, room });
        if (into.length === 0 || into[0]?.offset !== from) break;
        if (room.records <= 0 || room.bytes <= 0) break;
      }
      if (into[0]?.offset !== from) throw expired(partition, from, log.start(partition));
      return into;
    },
  };
  for (const record of journal.load()) {
    for (const batch of decodeJournalRecord(record)) {
      const { offset: end } = log.end(batch.partition);
      // Of a partition that has nothing in LMDB the first ones may be gone: retention leaves the newest batch, which
      // may be one of the journal.
      if (batch.offset > end && end > 0) throw hole(batch.partition, end);
      // Killed before the journal's file was taken away: this one stands in its partition already.
      if (batch.offset === end || end === 0) gather(batch);
    }
  }
  return log;
}

function countsOf(gathered: ReadonlyMap<number, readonly JournalBatch[]>): readonly Gathered[] {
  return [...gathered]
    .map(([partition, { length: count }]) => ({ partition, count }))
    .toSorted((one, other) => one.partition - other.partition);
}

function endOf({ offset, blob }: { readonly offset: number; readonly blob: Buffer }): End {
  const header = readHeader(blob);
  return { offset: offset + header.count, bytes: header.bytesBefore + blob.length };
}

/** How many values from `from` on fit into a blob, one at least. */
function cut(values: readonly Uint8Array[], from: number): { readonly to: number; readonly size: number } {
  let size = 0;
  let to = from;
  for (; to < values.length; to += 1) {
    const length = values[to]?.length ?? 0;
    if (to > from && size + length > maxBlobBytes) break;
    size += length;
  }
  return { to, size };
}

/** Index of the last batch that starts at or below the offset. */
function lastAtOrBelow(batches: readonly JournalBatch[], offset: number): number {
  let low = 0;
  let high = batches.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((batches[middle]?.offset ?? Number.POSITIVE_INFINITY) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function hole(partition: number, offset: number): CecochatError {
  return new CecochatError('data.damaged', `partition ${partition} of the backplane has no record ${offset}`, {
    hint: 'Restore the data folder from a backup, or delete it to start empty.',
    data: { partition: String(partition), offset: String(offset) },
  });
}

export function expired(partition: number, from: number, start: number): CecochatError {
  return new CecochatError('feed.expired', `partition ${partition} starts at offset ${start}, ${from} was asked for`, {
    hint: 'Read older messages from the history.',
    data: { partition: String(partition), offset: String(from), start: String(start) },
  });
}
