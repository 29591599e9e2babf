/**
 * The stored partitions: their ends, reading, and the puts of a group commit. Knows nothing of who waits or
 * follows. What is read here is on disk: LMDB shows a commit to readers after its fdatasync only.
 */
import { CecochatError } from '../../core/errors.ts';
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';
import type { Bounds, ReadLimits, StoredRecord } from '../backplane.ts';
import {
  batchKey,
  blobBytes,
  keyBytes,
  keyOffset,
  maxBlobBytes,
  readHeader,
  readRecords,
  writeBlob,
  writeKey,
} from './batch-blob.ts';

interface End {
  /** Offset of the next record. */
  readonly offset: number;
  /** Bytes ever appended. */
  readonly bytes: number;
}

export interface PartitionLog {
  /** To be called within a commit, for each partition once; `committed` or `failed` must follow. */
  put(partition: number, values: readonly Uint8Array[], valueBytes: number): void;
  /** Everything put since the last commit is on disk. */
  committed(): void;
  failed(): void;
  end(partition: number): End;
  start(partition: number): number;
  bounds(partition: number): Bounds;
  read(partition: number, from: number, limits: ReadLimits): StoredRecord[];
}

const arenaBytes = 1 << 20;

export function createPartitionLog(table: BinaryTable, nowMs: () => number): PartitionLog {
  const ends = new Map<number, End>();
  let next = new Map<number, End>();
  const key = Buffer.alloc(keyBytes);
  // LMDB's writer thread reads the values out of the arena; it is free again when the commit is over.
  let arena = Buffer.allocUnsafeSlow(arenaBytes);
  let used = 0;

  const room = (bytes: number): void => {
    if (used + bytes <= arena.length) return;
    arena = Buffer.allocUnsafeSlow(Math.max(arenaBytes, bytes));
    used = 0;
  };

  const loadEnd = (partition: number): End => {
    for (const entry of table.getRange({
      start: batchKey(partition + 1, 0),
      end: batchKey(partition, 0),
      exclusiveStart: true,
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    })) {
      const header = readHeader(entry.value);
      return { offset: keyOffset(entry.key) + header.count, bytes: header.bytesBefore + entry.value.length };
    }
    return { offset: 0, bytes: 0 };
  };

  const log: PartitionLog = {
    put(partition, values, valueBytes) {
      let { offset, bytes } = log.end(partition);
      const timeMs = nowMs();
      let from = 0;
      let left = valueBytes;
      while (from < values.length) {
        let to = values.length;
        let size = left;
        if (left > maxBlobBytes) {
          size = 0;
          to = from;
          for (; to < values.length; to++) {
            const length = values[to]?.length ?? 0;
            if (to > from && size + length > maxBlobBytes) break;
            size += length;
          }
        }
        const length = blobBytes(to - from, size);
        room(length);
        const until = writeBlob(arena, used, { header: { timeMs, bytesBefore: bytes }, values, from, to });
        void table.put(writeKey(key, partition, offset), arena.subarray(used, until));
        used = until;
        offset += to - from;
        bytes += length;
        left -= size;
        from = to;
      }
      next.set(partition, { offset, bytes });
    },
    committed() {
      for (const [partition, end] of next) ends.set(partition, end);
      log.failed();
    },
    failed() {
      next = new Map();
      used = 0;
      if (arena.length > arenaBytes) arena = Buffer.allocUnsafeSlow(arenaBytes);
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
      return 0;
    },
    bounds: (partition) => ({ start: log.start(partition), end: log.end(partition).offset }),
    read(partition, from, limits) {
      const into: StoredRecord[] = [];
      if (from >= log.end(partition).offset) return into;
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
        readRecords(value, keyOffset(at), { from, into, room });
        if (into.length === 0 || into[0]?.offset !== from) break;
        if (room.records <= 0 || room.bytes <= 0) break;
      }
      if (into[0]?.offset !== from) throw expired(partition, from, log.start(partition));
      return into;
    },
  };
  return log;
}

export function expired(partition: number, from: number, start: number): CecochatError {
  return new CecochatError('feed.expired', `partition ${partition} starts at offset ${start}, ${from} was asked for`, {
    hint: 'Read older messages from the history.',
    data: { partition: String(partition), offset: String(from), start: String(start) },
  });
}
