/**
 * The stored form of a batch: what one commit appends to one partition (cut at `maxBlobBytes`).
 * Key: partition u32, offset of the first record u48 (big-endian, so that keys sort by partition and offset).
 * Value: time f64, bytes of the partition before this batch f64, count u32, length u32 of each, the records.
 */
import type { StoredRecord } from '../backplane.ts';

export const keyBytes = 10;
export const maxBlobBytes = 128 * 1024;
const headerBytes = 20;

export interface BatchHeader {
  readonly timeMs: number;
  /** Bytes of all blobs of the partition before this one, removed ones included. */
  readonly bytesBefore: number;
  readonly count: number;
}

export function writeKey(key: Buffer, partition: number, offset: number): Buffer {
  key.writeUInt32BE(partition, 0);
  key.writeUIntBE(offset, 4, 6);
  return key;
}

export function batchKey(partition: number, offset: number): Buffer {
  return writeKey(Buffer.allocUnsafe(keyBytes), partition, offset);
}

export function keyOffset(key: Uint8Array): number {
  return view(key).readUIntBE(4, 6);
}

export function blobBytes(count: number, valueBytes: number): number {
  return headerBytes + 4 * count + valueBytes;
}

/** Writes the blob of `values[from..to)` into `target` at `at`; returns where it ends. */
export function writeBlob(
  target: Buffer,
  at: number,
  batch: { readonly header: Omit<BatchHeader, 'count'>; values: readonly Uint8Array[]; from: number; to: number },
): number {
  const count = batch.to - batch.from;
  target.writeDoubleLE(batch.header.timeMs, at);
  target.writeDoubleLE(batch.header.bytesBefore, at + 8);
  target.writeUInt32LE(count, at + 16);
  let lengths = at + headerBytes;
  let body = lengths + 4 * count;
  for (let i = batch.from; i < batch.to; i++) {
    const value = batch.values[i];
    if (value === undefined) continue;
    target.writeUInt32LE(value.length, lengths);
    lengths += 4;
    target.set(value, body);
    body += value.length;
  }
  return body;
}

export function readHeader(blob: Buffer): BatchHeader {
  return { timeMs: blob.readDoubleLE(0), bytesBefore: blob.readDoubleLE(8), count: blob.readUInt32LE(16) };
}

/** Appends the records from offset `from` on to `into` while `room` allows; the first record of all always fits. */
export function readRecords(
  blob: Buffer,
  base: number,
  want: { from: number; into: StoredRecord[]; room: { records: number; bytes: number } },
): void {
  const count = blob.readUInt32LE(16);
  let body = headerBytes + 4 * count;
  for (let i = 0; i < count; i++) {
    const length = blob.readUInt32LE(headerBytes + 4 * i);
    const end = body + length;
    if (base + i >= want.from) {
      const fits = want.room.records > 0 && want.room.bytes >= length;
      if (!fits && want.into.length > 0) {
        want.room.records = 0;
        return;
      }
      want.into.push({ offset: base + i, value: blob.subarray(body, end) });
      want.room.records -= 1;
      want.room.bytes -= length;
    }
    body = end;
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
