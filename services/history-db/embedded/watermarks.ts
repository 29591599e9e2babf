/**
 * Watermarks by partition. A state names hundreds of other partitions and changes in a few of them at a time:
 * only what changed is written. Tables: watermarks (partition u32 → the scalars as JSON), chains (partition
 * u32, "a" accepted or "d" derived, other partition u32 → incarnation 16 and offset f64, or offset f64).
 */
import type { PartitionState } from '../../core/log/record.ts';
import type { BinaryTable, LmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { Watermark } from '../history-db.ts';
import { readUuid, writeUuid } from './bytes.ts';

export interface Watermarks {
  /** What is on disk. */
  get(partition: number): Watermark | undefined;
  /** To be called within a commit; `committed` or `failed` must follow. */
  put(partition: number, watermark: Watermark): void;
  committed(): void;
  failed(): void;
}

interface Scalars extends Omit<PartitionState, 'accepted' | 'derived' | 'highestId'> {
  readonly next: Watermark['next'];
  readonly highestId: string;
}

const accepted = 0x61;
const derived = 0x64;

export function createWatermarks(folder: LmdbFolder): Watermarks {
  const scalars = folder.table('watermarks');
  const chains = folder.table('chains');
  const known = new Map<number, Watermark | undefined>();
  let put = new Map<number, Watermark>();

  const watermarks: Watermarks = {
    get(partition) {
      if (!known.has(partition)) known.set(partition, load(scalars, chains, partition));
      return known.get(partition);
    },
    put(partition, watermark) {
      const before = put.get(partition)?.state ?? watermarks.get(partition)?.state;
      const { accepted: acceptedNow, derived: derivedNow, highestId, ...rest } = watermark.state;
      const stored: Scalars = { ...rest, highestId: String(highestId), next: watermark.next };
      void scalars.put(partitionKey(partition), Buffer.from(JSON.stringify(stored)));
      for (const [source, now] of acceptedNow) {
        const was = before?.accepted.get(source);
        if (was === now || (was?.offset === now.offset && was.incarnation === now.incarnation)) continue;
        const value = Buffer.allocUnsafe(24);
        writeUuid(value, 0, now.incarnation);
        value.writeDoubleBE(now.offset, 16);
        void chains.put(chainKey(partition, accepted, source), value);
      }
      for (const [target, now] of derivedNow) {
        if (before?.derived.get(target) === now) continue;
        const value = Buffer.allocUnsafe(8);
        value.writeDoubleBE(now, 0);
        void chains.put(chainKey(partition, derived, target), value);
      }
      for (const source of before?.accepted.keys() ?? []) {
        if (!acceptedNow.has(source)) void chains.remove(chainKey(partition, accepted, source));
      }
      for (const target of before?.derived.keys() ?? []) {
        if (!derivedNow.has(target)) void chains.remove(chainKey(partition, derived, target));
      }
      put.set(partition, watermark);
    },
    committed() {
      for (const [partition, watermark] of put) known.set(partition, watermark);
      put = new Map();
    },
    failed() {
      put = new Map();
    },
  };
  return watermarks;
}

function load(scalars: BinaryTable, chains: BinaryTable, partition: number): Watermark | undefined {
  const bytes = scalars.get(partitionKey(partition));
  if (bytes === undefined) return undefined;
  const { next, highestId, ...rest } = JSON.parse(bytes.toString('utf8')) as Scalars;
  const state = {
    ...rest,
    highestId: BigInt(highestId),
    accepted: new Map<number, { incarnation: string; offset: number }>(),
    derived: new Map<number, number>(),
  };
  for (const { key, value } of chains.getRange({ start: partitionKey(partition), end: partitionKey(partition + 1) })) {
    const other = key.readUInt32BE(5);
    if (key[4] === derived) state.derived.set(other, value.readDoubleBE(0));
    else state.accepted.set(other, { incarnation: readUuid(value, 0), offset: value.readDoubleBE(16) });
  }
  return { next, state };
}

function partitionKey(partition: number): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(partition, 0);
  return key;
}

function chainKey(partition: number, kind: number, other: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key.writeUInt32BE(partition, 0);
  key[4] = kind;
  key.writeUInt32BE(other, 5);
  return key;
}
