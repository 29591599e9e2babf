/**
 * The journal: each commit of the backplane is one row at its end, whatever the number of partitions, so that a
 * commit writes a few pages in a row. (A row for each partition made a commit of 128 partitions take 25 ms under
 * load, nearly all of it page writes: it, and not the processor, bounded the throughput.)
 * Key: commit number u48. Value, for each batch: partition u32, offset u48, length u32, blob (batch-blob.ts).
 */
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';

const numberBytes = 6;
const sectionBytes = 14;
const mostRemoved = 256;

export interface JournalBatch {
  readonly partition: number;
  readonly offset: number;
  readonly blob: Buffer;
}

export interface Journal {
  /** All rows, oldest first. */
  load(): Iterable<JournalBatch>;
  /** Within a commit: the batches as the next row. Answers them with blobs that stay valid. */
  append(batches: readonly PlannedBatch[]): readonly JournalBatch[];
  /** The commit of the last row failed. Its number is used again: should the row be on disk all the same, it is replaced. */
  takeBack(): void;
  /** Number of the newest row. */
  newest(): number;
  /**
   * Within a commit: removes the oldest rows up to this number, as many as a commit that appends wait for should.
   * Answers what to call after the commit, which says whether none is left.
   */
  removeSome(number: number): () => boolean;
}

export interface PlannedBatch {
  readonly partition: number;
  readonly offset: number;
  readonly bytes: number;
  /** Writes the blob of `bytes` bytes at `at`. */
  readonly write: (target: Buffer, at: number) => void;
}

export function createJournal(table: BinaryTable): Journal {
  let oldest = 1;
  let newest = 0;

  const keyOf = (number: number): Buffer => {
    const key = Buffer.allocUnsafe(numberBytes);
    key.writeUIntBE(number, 0, numberBytes);
    return key;
  };

  return {
    *load() {
      let first = true;
      for (const { key, value } of table.getRange({})) {
        newest = key.readUIntBE(0, numberBytes);
        if (first) oldest = newest;
        first = false;
        for (let at = 0; at < value.length;) {
          const length = value.readUInt32BE(at + 10);
          const blob = value.subarray(at + sectionBytes, at + sectionBytes + length);
          yield { partition: value.readUInt32BE(at), offset: value.readUIntBE(at + 4, 6), blob };
          at += sectionBytes + length;
        }
      }
    },
    append(batches) {
      let size = 0;
      for (const { bytes } of batches) size += sectionBytes + bytes;
      // Not pooled: LMDB's writer thread reads it until the commit is over, readers until it is moved.
      const row = Buffer.allocUnsafeSlow(size);
      let at = 0;
      const written = batches.map(({ partition, offset, bytes, write }) => {
        row.writeUInt32BE(partition, at);
        row.writeUIntBE(offset, at + 4, 6);
        row.writeUInt32BE(bytes, at + 10);
        at += sectionBytes;
        write(row, at);
        const blob = row.subarray(at, at + bytes);
        at += bytes;
        return { partition, offset, blob };
      });
      newest += 1;
      void table.put(keyOf(newest), row);
      return written;
    },
    takeBack() {
      newest -= 1;
    },
    newest: () => newest,
    removeSome(number) {
      const last = Math.min(number, oldest + mostRemoved - 1);
      for (let row = oldest; row <= last; row += 1) void table.remove(keyOf(row));
      return () => {
        oldest = last + 1;
        return oldest > number;
      };
    },
  };
}
