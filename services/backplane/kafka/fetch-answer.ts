/**
 * Reads version 11 of Kafka's Fetch answer, and the record batches (magic 2) in it, without copying. It knows
 * the offset after a batch also when the batch holds nothing for readers (control records).
 */
import { CecochatError } from '../../core/errors.ts';
import type { StoredRecord } from '../backplane.ts';

export const fetchVersion = 11;

export interface FetchAnswer {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  /** Readers see what is below. */
  readonly highWatermark: number;
  /** Whole record batches, maybe with a part of one more at the end. */
  readonly bytes: Buffer;
}

/** Layout: throttle, error, session, [topic, [partition, error, high watermark, stable, start, [aborted], replica, records]]. */
export function decodeFetchAnswer(payload: Buffer): FetchAnswer {
  const errorCode = payload.readInt16BE(4);
  const sessionId = payload.readInt32BE(6);
  const partitions: FetchedPartition[] = [];
  const topics = payload.readInt32BE(10);
  let at = 14;
  for (let topic = 0; topic < topics; topic++) {
    at += 2 + payload.readInt16BE(at);
    const count = payload.readInt32BE(at);
    at += 4;
    for (let i = 0; i < count; i++) {
      const partition = payload.readInt32BE(at);
      const code = payload.readInt16BE(at + 4);
      const highWatermark = Number(payload.readBigInt64BE(at + 6));
      const aborted = Math.max(0, payload.readInt32BE(at + 30));
      at += 34 + aborted * 16 + 4;
      const size = Math.max(0, payload.readInt32BE(at));
      at += 4;
      partitions.push({ partition, errorCode: code, highWatermark, bytes: payload.subarray(at, at + size) });
      at += size;
    }
  }
  return { errorCode, sessionId, partitions };
}

export interface KeyedRecord extends StoredRecord {
  readonly key: Buffer | undefined;
}

export interface DecodedBatches {
  readonly records: readonly KeyedRecord[];
  /** Where to read on. */
  readonly next: number;
}

const headerBytes = 61;

/** Records at or above `from`. Error: data.damaged for what this version does not write. */
export function decodeBatches(bytes: Buffer, from: number): DecodedBatches {
  const records: KeyedRecord[] = [];
  let next = from;
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const base = Number(bytes.readBigInt64BE(at));
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    const attributes = bytes.readInt16BE(at + 21);
    const lastOffset = base + bytes.readInt32BE(at + 23);
    if (bytes.readInt8(at + 16) !== 2 || (attributes & 0x07) !== 0)
      throw new CecochatError(
        'data.damaged',
        `the batch at offset ${base} was not written by cecochat: it is compressed or old`,
        {
          hint: 'nothing else may write to the topic, and its compression.type must be "producer"',
        },
      );
    const isControl = (attributes & 0x20) !== 0;
    if (!isControl && lastOffset >= from) readRecords(bytes, { at: at + headerBytes, base, from }, records);
    next = Math.max(next, lastOffset + 1);
    at = end;
  }
  return { records, next };
}

/** Layout of a record: length, attributes, time delta, offset delta, key, value, headers; all numbers are varints. */
function readRecords(
  bytes: Buffer,
  batch: { readonly at: number; readonly base: number; readonly from: number },
  into: KeyedRecord[],
): void {
  const cursor = { bytes, at: batch.at };
  const count = bytes.readInt32BE(batch.at - 4);
  for (let i = 0; i < count; i++) {
    const length = varint(cursor);
    const end = cursor.at + length;
    cursor.at += 1;
    skipVarint(cursor);
    const offset = batch.base + varint(cursor);
    const keySize = varint(cursor);
    const key = keySize < 0 ? undefined : bytes.subarray(cursor.at, cursor.at + keySize);
    cursor.at += key?.length ?? 0;
    const size = Math.max(0, varint(cursor));
    if (offset >= batch.from) into.push({ offset, key, value: bytes.subarray(cursor.at, cursor.at + size) });
    cursor.at = end;
  }
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** Zigzag, at most 32 bits. */
function varint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return (value >>> 1) ^ -(value & 1);
}

function skipVarint(cursor: Cursor): void {
  while (cursor.bytes.readUInt8(cursor.at++) >= 0x80);
}
