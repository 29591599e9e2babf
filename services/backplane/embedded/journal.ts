/**
 * The journal: each commit of the backplane is one record at its end, whatever the number of partitions, so that
 * it is one write to the disk. (A row of LMDB for each partition made a commit of 128 partitions take 25 ms under
 * load, nearly all of it page writes: it, and not the processor, bounded the throughput.)
 * A record, for each batch: partition u32, offset u48, length u32, blob (batch-blob.ts).
 */
const sectionBytes = 14;

export interface JournalBatch {
  readonly partition: number;
  readonly offset: number;
  readonly blob: Buffer;
}

export interface PlannedBatch {
  readonly partition: number;
  readonly offset: number;
  readonly bytes: number;
  /** Writes the blob of `bytes` bytes at `at`. */
  readonly write: (target: Buffer, at: number) => void;
}

export interface JournalRecord {
  readonly bytes: Buffer;
  /** With blobs that are parts of `bytes`. */
  readonly batches: readonly JournalBatch[];
}

export function encodeJournalRecord(planned: readonly PlannedBatch[]): JournalRecord {
  let size = 0;
  for (const { bytes } of planned) size += sectionBytes + bytes;
  // Not pooled: readers have parts of it until it is moved.
  const record = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const batches = planned.map(({ partition, offset, bytes, write }) => {
    record.writeUInt32BE(partition, at);
    record.writeUIntBE(offset, at + 4, 6);
    record.writeUInt32BE(bytes, at + 10);
    at += sectionBytes;
    write(record, at);
    const blob = record.subarray(at, at + bytes);
    at += bytes;
    return { partition, offset, blob };
  });
  return { bytes: record, batches };
}

export function* decodeJournalRecord(record: Buffer): Iterable<JournalBatch> {
  for (let at = 0; at < record.length;) {
    const length = record.readUInt32BE(at + 10);
    const blob = record.subarray(at + sectionBytes, at + sectionBytes + length);
    yield { partition: record.readUInt32BE(at), offset: record.readUIntBE(at + 4, 6), blob };
    at += sectionBytes + length;
  }
}
