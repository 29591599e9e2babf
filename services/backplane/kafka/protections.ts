/**
 * What the holders protect, in a compacted topic of its own: the newest entry of each (holder, partition)
 * counts. A first or lower protection is stored before it is promised; a higher one only frees records and is
 * stored with the next pass of retention.
 */
import type { Appends } from './appends.ts';
import type { Reads } from './reads.ts';

export interface Protections {
  protect(holder: string, partition: number, from: number): Promise<void>;
  /** Partitions that somebody protected through this process. */
  mine(): readonly number[];
  /** Stores what rose, and reads what others stored: the lowest protected offset of each of my partitions. */
  floors(): Promise<ReadonlyMap<number, number>>;
}

interface Own {
  readonly holder: string;
  readonly partition: number;
  from: number;
  /** Undefined while none is. */
  storedFrom: number | undefined;
}

const chunk = { maxRecords: 10_000, maxBytes: 4 * 1024 * 1024 };

export function createProtections(options: { readonly appends: Appends; readonly reads: Reads }): Protections {
  const { appends, reads } = options;
  const own = new Map<string, Own>();
  const partitions = new Set<number>();
  /** Of my partitions: what each holder stored. */
  const stored = new Map<number, Map<string, number>>();
  let readUpTo: number | undefined;

  const store = async (changed: readonly Own[]): Promise<void> => {
    if (changed.length === 0) return;
    const wanted = changed.map((of) => ({ of, from: of.from }));
    await appends.append(
      0,
      wanted.map(({ of, from }) => ({ key: encodeKey(of.holder, of.partition), value: encodeOffset(from) })),
    );
    for (const { of, from } of wanted) of.storedFrom = from;
  };

  const readOn = async (): Promise<void> => {
    const { start, end } = await reads.bounds(0);
    for (let next = Math.max(start, readUpTo ?? 0); next < end;) {
      const entries = await reads.read(0, next, chunk);
      for (const { key, value } of entries.records) {
        if (key === undefined) continue;
        const { holder, partition } = decodeKey(key);
        if (!partitions.has(partition)) continue;
        let holders = stored.get(partition);
        if (holders === undefined) stored.set(partition, (holders = new Map()));
        holders.set(holder, Buffer.from(value).readUIntBE(0, 6));
      }
      // Compaction may leave nothing up to the end.
      next = entries.next > next ? entries.next : end;
      readUpTo = next;
    }
  };

  return {
    async protect(holder, partition, from) {
      const key = `${partition}/${holder}`;
      let mine = own.get(key);
      if (mine === undefined) own.set(key, (mine = { holder, partition, from, storedFrom: undefined }));
      // What others stored for a partition that is new here was passed over.
      if (!partitions.has(partition)) readUpTo = undefined;
      partitions.add(partition);
      mine.from = from;
      if (mine.storedFrom === undefined || from < mine.storedFrom) await store([mine]);
    },
    mine: () => [...partitions],
    async floors() {
      await store([...own.values()].filter((of) => of.from !== of.storedFrom));
      await readOn();
      const floors = new Map<number, number>();
      for (const [partition, holders] of stored) floors.set(partition, Math.min(...holders.values()));
      return floors;
    },
  };
}

function encodeKey(holder: string, partition: number): Buffer {
  const key = Buffer.alloc(4 + Buffer.byteLength(holder));
  key.writeUInt32BE(partition, 0);
  key.write(holder, 4);
  return key;
}

function decodeKey(key: Buffer): { readonly holder: string; readonly partition: number } {
  return { partition: key.readUInt32BE(0), holder: key.toString('utf8', 4) };
}

function encodeOffset(offset: number): Buffer {
  const value = Buffer.alloc(6);
  value.writeUIntBE(Math.max(0, offset), 0, 6);
  return value;
}
