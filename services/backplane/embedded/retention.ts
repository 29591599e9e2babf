/**
 * Takes what is too old or too much off the start of each partition, in small commits that appends join.
 * Never the last batch of a partition, never a record at or above the lowest offset that a holder protects.
 */
import type { Clock } from '../../core/time/clock.ts';
import type { GroupCommit } from '../../embedded/group-commit.ts';
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';
import { batchKey, keyOffset, readHeader } from './batch-blob.ts';
import type { PartitionLog } from './partition-log.ts';

export interface Retention extends AsyncDisposable {
  protect(holder: string, partition: number, from: number): Promise<void>;
  /** Looks at every partition once. */
  pass(): Promise<void>;
}

const removalsPerCommit = 64;

export function createRetention(options: {
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly retentionMs?: number | undefined;
  readonly retentionBytes?: number | undefined;
  readonly retentionEveryMs?: number | undefined;
  readonly table: BinaryTable;
  readonly protections: BinaryTable;
  readonly group: GroupCommit;
  readonly log: PartitionLog;
}): Retention {
  const { table, protections, group, log, clock } = options;
  const maxAgeMs = options.retentionMs ?? Number.POSITIVE_INFINITY;
  const maxBytes = options.retentionBytes ?? Number.POSITIVE_INFINITY;
  /** Lowest protected offsets by partition and holder. */
  const protectedFrom = new Map<number, Map<string, number>>();
  for (const { key, value } of protections.getRange({})) {
    note(protectedFrom, {
      partition: key.readUInt32BE(0),
      holder: key.toString('utf8', 4),
      from: value.readUIntBE(0, 6),
    });
  }

  const removable = (partition: number): Buffer[] => {
    const floor = Math.min(...(protectedFrom.get(partition)?.values() ?? []), log.end(partition).offset);
    const total = log.end(partition).bytes;
    const oldestMs = clock.nowMs() - maxAgeMs;
    const keys: Buffer[] = [];
    for (const { key, value } of table.getRange({ start: batchKey(partition, 0), end: batchKey(partition + 1, 0) })) {
      const header = readHeader(value);
      const end = keyOffset(key) + header.count;
      const due = header.timeMs < oldestMs || total - header.bytesBefore > maxBytes;
      if (!due || end > floor || end >= log.end(partition).offset || keys.length >= removalsPerCommit) break;
      keys.push(key);
    }
    return keys;
  };

  let closed = false;
  let running: Promise<void> | undefined;
  const passOver = async (): Promise<void> => {
    for (let partition = 0; partition < options.partitionCount && !closed; partition++) {
      for (let keys = removable(partition); keys.length > 0 && !closed; keys = removable(partition)) {
        await group.commit(() => {
          for (const key of keys) void table.remove(key);
        });
      }
      if (partition % 16 === 15) await new Promise((resolve) => void setImmediate(resolve));
    }
  };
  const pass = (): Promise<void> => {
    running ??= passOver().finally(() => {
      running = undefined;
    });
    return running;
  };
  const limited = options.retentionMs !== undefined || options.retentionBytes !== undefined;
  const timer = limited
    ? clock.every(options.retentionEveryMs ?? 60_000, () => void pass().catch(() => undefined))
    : undefined;

  return {
    async protect(holder, partition, from) {
      const key = Buffer.alloc(4 + Buffer.byteLength(holder));
      key.writeUInt32BE(partition, 0);
      key.write(holder, 4);
      const value = Buffer.alloc(6);
      value.writeUIntBE(Math.max(0, from), 0, 6);
      const before = protectedFrom.get(partition)?.get(holder);
      // In force while it is on its way: the lower of the two. A higher one counts once it is on disk.
      if (before === undefined || from < before) note(protectedFrom, { partition, holder, from });
      await group.commit(() => void protections.put(key, value));
      note(protectedFrom, { partition, holder, from });
    },
    pass,
    async [Symbol.asyncDispose]() {
      closed = true;
      timer?.cancel();
      await running?.catch(() => undefined);
    },
  };
}

function note(into: Map<number, Map<string, number>>, fact: { partition: number; holder: string; from: number }): void {
  let holders = into.get(fact.partition);
  if (holders === undefined) into.set(fact.partition, (holders = new Map()));
  holders.set(fact.holder, fact.from);
}
