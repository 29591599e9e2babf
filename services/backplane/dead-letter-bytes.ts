/**
 * Dead letters as bytes, for every engine. Key: partition u32, incarnation, zero, offset u48: keys sort as dead
 * letters do. Value: length of the head u32, head as JSON, the record.
 */
import type { DeadLetter, DeadLetterPlace } from './dead-letters.ts';

export function encodePlace({ partition, position }: DeadLetterPlace): Buffer {
  const { incarnation, offset } = position;
  const key = Buffer.alloc(11 + Buffer.byteLength(incarnation));
  key.writeUInt32BE(partition, 0);
  key.write(incarnation, 4);
  key.writeUIntBE(offset, key.length - 6, 6);
  return key;
}

export function decodePlace(key: Buffer): DeadLetterPlace {
  const position = { incarnation: key.toString('utf8', 4, key.length - 7), offset: key.readUIntBE(key.length - 6, 6) };
  return { partition: key.readUInt32BE(0), position };
}

interface Head {
  readonly reason: string;
  readonly atMs: number;
}

export function encodeLetter({ reason, atMs, value }: DeadLetter): Buffer {
  const head: Head = { reason, atMs };
  const bytes = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length, 0);
  return Buffer.concat([length, bytes, value]);
}

export function decodeLetter(place: DeadLetterPlace, bytes: Buffer): DeadLetter {
  const end = 4 + bytes.readUInt32BE(0);
  const { reason, atMs } = JSON.parse(bytes.toString('utf8', 4, end)) as Head;
  return { ...place, reason, atMs, value: bytes.subarray(end) };
}
