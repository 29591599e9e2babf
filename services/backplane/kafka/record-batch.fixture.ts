/** Record batches of Kafka (magic 2) as tests write them. */

export interface BatchPlan {
  readonly base: number;
  readonly values: readonly string[];
  readonly attributes?: number;
  readonly magic?: number;
  /** Compaction leaves the last offset of a batch in place. */
  readonly lastOffset?: number;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function record(value: string, offsetDelta: number): Buffer {
  const body = Buffer.from([
    0,
    ...varint(5),
    ...varint(offsetDelta),
    ...varint(-1),
    ...varint(Buffer.byteLength(value)),
  ]);
  const all = Buffer.concat([body, Buffer.from(value), Buffer.from(varint(0))]);
  return Buffer.concat([Buffer.from(varint(all.length)), all]);
}

export function batch({ base, values, attributes = 0, magic = 2, lastOffset }: BatchPlan): Buffer {
  const records = Buffer.concat(values.map(record));
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(base), 0);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt8(magic, 16);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE((lastOffset ?? base + values.length - 1) - base, 23);
  header.writeInt32BE(values.length, 57);
  return Buffer.concat([header, records]);
}
