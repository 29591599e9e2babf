/**
 * One tail's place in one partition. Committed batches come straight from memory while the follower keeps up;
 * whatever came while it was busy is read from the log. Never a gap, never twice.
 * (A queue for a busy one kept the records of a second or so, for whom the history is written: long enough to be
 * moved to the old generation, where they made most of the garbage. The log has their bytes in memory anyway.)
 */
import type { ReadLimits, StoredRecord, TailHandler } from '../backplane.ts';

export interface FollowSource {
  end(): number;
  read(from: number, limits: ReadLimits): readonly StoredRecord[];
}

export interface Follow {
  /** Records just committed at the end of the partition. */
  offer(records: readonly StoredRecord[]): void;
  /** Reads what is waiting, if anything. */
  wake(): void;
  stop(): void;
}

const catchUp: ReadLimits = { maxRecords: 2000, maxBytes: 512 * 1024 };

export function createFollow(
  options: { partition: number; from: number; handler: TailHandler; ended: () => void },
  source: FollowSource,
): Follow {
  const { partition, handler } = options;
  let next = options.from;
  let busy = false;
  let stopped = false;

  const fail = (error: unknown): void => {
    if (stopped) return;
    follow.stop();
    options.ended();
    handler.failed(partition, error);
  };

  const deliver = (records: readonly StoredRecord[], fromDisk: boolean): void => {
    const last = records.at(-1);
    if (last === undefined) return;
    next = last.offset + 1;
    let held: void | Promise<void>;
    try {
      held = handler.records(partition, records);
    } catch (error) {
      fail(error);
      return;
    }
    if (held === undefined && !fromDisk) return;
    busy = true;
    if (held === undefined) setImmediate(resume);
    else held.then(resume, fail);
  };

  const resume = (): void => {
    busy = false;
    follow.wake();
  };

  const follow: Follow = {
    offer(records) {
      if (busy) return;
      if (next === records[0]?.offset && !stopped) deliver(records, false);
      else follow.wake();
    },
    wake() {
      while (!stopped && !busy) {
        if (next >= source.end()) return;
        try {
          deliver(source.read(next, catchUp), true);
        } catch (error) {
          fail(error);
        }
      }
    },
    stop() {
      stopped = true;
    },
  };
  return follow;
}
