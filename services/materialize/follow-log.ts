/**
 * Follows the partitions that the group gives to this server and turns their valid records into history, from
 * where the history's watermark stands; what can never be history becomes a dead letter. What is not in the
 * history yet is protected from retention.
 */
import type { Backplane, GroupHandler, StoredRecord } from '../backplane/backplane.ts';
import { decodeRecord } from '../backplane/codec.ts';
import { decodeMessageHead, decodeReceipt } from '../backplane/payloads.ts';
import { findStart, type LogView } from '../core/log/find-start.ts';
import type { PartitionState } from '../core/log/record.ts';
import type { HistoryDb } from '../history-db/history-db.ts';
import { materialize } from './materialize.ts';
import type { Pace } from './pace.ts';
import type { SettingAsideWriter } from './set-aside.ts';

const chunk = { maxRecords: 4096, maxBytes: 4 * 1024 * 1024 };
export const payloadDecoders = { message: decodeMessageHead, receipt: decodeReceipt };

export interface LogFollowerDependencies {
  readonly backplane: Backplane;
  readonly historyDb: Pick<HistoryDb, 'watermark'>;
  readonly writer: SettingAsideWriter;
  readonly pace: Pace;
  readonly counted: (rows: number) => void;
}

export interface LogFollower extends GroupHandler {
  /** Keeps what is not in the history yet; call it now and then. */
  protect(): Promise<void>;
  /** Records of its partitions that are not in the history yet. */
  lag(): Promise<number>;
  readonly partitions: number;
}

interface Progress {
  state: PartitionState;
  next: number;
  protectedFrom: number;
}

export function createLogFollower(deps: LogFollowerDependencies): LogFollower {
  const { backplane, historyDb, writer, pace } = deps;
  const followed = new Map<number, Progress>();

  const write = async (partition: number, records: readonly StoredRecord[]): Promise<void> => {
    const progress = followed.get(partition);
    if (progress === undefined) throw new Error(`partition ${partition} is not followed`);
    const { rows, watermark } = await writer.write(records, () =>
      materialize({
        partition,
        partitionCount: backplane.partitionCount,
        state: progress.state,
        records: records.map(({ offset, value }) => ({ offset, record: decodeRecord(value) })),
        decode: payloadDecoders,
      }),
    );
    progress.state = watermark.state;
    progress.next = watermark.next.offset;
    deps.counted(rows);
  };

  return {
    async assigned(partition) {
      const { start, end } = await backplane.bounds(partition);
      const watermark = await historyDb.watermark(partition);
      if (watermark !== undefined && watermark.next.offset >= start) {
        const next = watermark.next.offset;
        followed.set(partition, { state: watermark.state, next, protectedFrom: -1 });
        return next;
      }
      const from = await findStart(viewOf(backplane, partition), start);
      followed.set(partition, { state: from.state, next: from.from, protectedFrom: -1 });
      return Math.min(from.from, end);
    },
    async records(partition, records) {
      // A function of its own: who rests for a second should not hold rows meanwhile, which the garbage collector
      // moved to the old generation (a third of all that went there).
      await write(partition, records);
      await pace.rest(partition, records.length);
    },
    async revoked(partition) {
      followed.delete(partition);
      pace.forget(partition);
    },
    async protect() {
      // All at once: they share a commit.
      await Promise.all(
        [...followed].map(async ([partition, progress]) => {
          if (progress.protectedFrom === progress.next) return;
          const from = progress.next;
          await backplane.protect('materialize', partition, from);
          progress.protectedFrom = from;
        }),
      );
    },
    async lag() {
      let total = 0;
      for (const [partition, { next }] of followed) {
        const { end } = await backplane.bounds(partition);
        total += Math.max(0, end - next);
      }
      return total;
    },
    get partitions() {
      return followed.size;
    },
  };
}

function viewOf(backplane: Backplane, partition: number): LogView {
  return {
    bounds: () => backplane.bounds(partition),
    async read(from, below) {
      const maxRecords = Math.min(chunk.maxRecords, below - from);
      const records = await backplane.read(partition, from, { ...chunk, maxRecords });
      return records
        .filter(({ offset }) => offset < below)
        .map(({ offset, value }) => ({ offset, record: decodeRecord(value) }));
    },
  };
}
