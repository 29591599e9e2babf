/**
 * Watermarks by partition, each put once a commit. The state of a small stack stands in the watermark's JSON.
 * One with many chains changes in a few of them at a time: those stand in rows of their own, and only what
 * changed is written. Tables: watermarks (partition u32 → JSON), chains (partition u32, "a" accepted or "d"
 * derived, other partition u32 → incarnation 16 and offset f64, or offset f64).
 */
import type { PartitionState } from '../../core/log/record.ts';
import type { BinaryTable, LmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { Watermark } from '../history-db.ts';
import { readUuid, writeUuid } from './bytes.ts';

export interface Watermarks {
  /** What is on disk. */
  get(partition: number): Watermark | undefined;
  /** For the commit that is being built. */
  set(partition: number, watermark: Watermark): void;
  /** The puts of what was set; `committed` or `failed` must follow. */
  finish(): void;
  committed(): void;
  failed(): void;
}

interface Stored extends Omit<PartitionState, 'accepted' | 'derived' | 'highestId'> {
  readonly next: Watermark['next'];
  readonly highestId: string;
  /** Undefined when the chains have rows of their own. */
  readonly accepted?: [number, string, number][];
  readonly derived?: [number, number][];
}

const acceptedKind = 0x61;
const derivedKind = 0x64;
const mostInline = 12;

export function createWatermarks(folder: LmdbFolder): Watermarks {
  const heads = folder.table('watermarks');
  const chains = folder.table('chains');
  const known = new Map<number, Watermark | undefined>();
  let set = new Map<number, Watermark>();

  const watermarks: Watermarks = {
    get(partition) {
      if (!known.has(partition)) known.set(partition, load(heads, chains, partition));
      return known.get(partition);
    },
    set(partition, watermark) {
      set.set(partition, watermark);
    },
    finish() {
      for (const [partition, watermark] of set) {
        const inline = isInline(watermark.state);
        const before = watermarks.get(partition)?.state;
        const inRows = before === undefined || isInline(before) ? undefined : before;
        if (inRows !== undefined)
          removeChains(chains, partition, { from: inRows, keep: inline ? none : watermark.state });
        if (!inline) putChains(chains, partition, { was: inRows ?? none, now: watermark.state });
        void heads.put(partitionKey(partition), Buffer.from(JSON.stringify(toStored(watermark, inline))));
      }
    },
    committed() {
      for (const [partition, watermark] of set) known.set(partition, watermark);
      set = new Map();
    },
    failed() {
      set = new Map();
    },
  };
  return watermarks;
}

type Chains = Pick<PartitionState, 'accepted' | 'derived'>;

const none: Chains = { accepted: new Map(), derived: new Map() };

function isInline(state: Chains): boolean {
  return state.accepted.size + state.derived.size <= mostInline;
}

function putChains(table: BinaryTable, partition: number, chains: { was: Chains; now: Chains }): void {
  for (const [source, now] of chains.now.accepted) {
    const was = chains.was.accepted.get(source);
    if (was === now || (was?.offset === now.offset && was.incarnation === now.incarnation)) continue;
    const value = Buffer.allocUnsafe(24);
    writeUuid(value, 0, now.incarnation);
    value.writeDoubleBE(now.offset, 16);
    void table.put(chainKey(partition, acceptedKind, source), value);
  }
  for (const [target, now] of chains.now.derived) {
    if (chains.was.derived.get(target) === now) continue;
    const value = Buffer.allocUnsafe(8);
    value.writeDoubleBE(now, 0);
    void table.put(chainKey(partition, derivedKind, target), value);
  }
}

function removeChains(table: BinaryTable, partition: number, chains: { from: Chains; keep: Chains }): void {
  for (const source of chains.from.accepted.keys()) {
    if (!chains.keep.accepted.has(source)) void table.remove(chainKey(partition, acceptedKind, source));
  }
  for (const target of chains.from.derived.keys()) {
    if (!chains.keep.derived.has(target)) void table.remove(chainKey(partition, derivedKind, target));
  }
}

function toStored(watermark: Watermark, inline: boolean): Stored {
  const { accepted, derived, highestId, ...rest } = watermark.state;
  const head = { ...rest, highestId: String(highestId), next: watermark.next };
  if (!inline) return head;
  const sources = [...accepted].map(([source, at]): [number, string, number] => [source, at.incarnation, at.offset]);
  return { ...head, accepted: sources, derived: [...derived] };
}

function load(heads: BinaryTable, chains: BinaryTable, partition: number): Watermark | undefined {
  const bytes = heads.get(partitionKey(partition));
  if (bytes === undefined) return undefined;
  const { next, highestId, accepted, derived, ...rest } = JSON.parse(bytes.toString('utf8')) as Stored;
  const sources = (accepted ?? []).map(([source, incarnation, offset]) => [source, { incarnation, offset }] as const);
  const state = { ...rest, highestId: BigInt(highestId), accepted: new Map(sources), derived: new Map(derived) };
  if (accepted !== undefined) return { next, state };
  for (const { key, value } of chains.getRange({ start: partitionKey(partition), end: partitionKey(partition + 1) })) {
    const other = key.readUInt32BE(5);
    if (key[4] === derivedKind) state.derived.set(other, value.readDoubleBE(0));
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
