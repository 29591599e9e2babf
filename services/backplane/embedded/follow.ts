/**
 * One tail's place in one partition. Committed batches come straight from memory while the follower keeps up
 * (a slow one has a bounded queue); whatever it missed is read from the log. Never a gap, never twice.
 */
import type { ReadLimits, StoredRecord, TailHandler } from '../backplane.ts';

export interface FollowSource {
  end(): number;
  read(from: number, limits: ReadLimits): readonly StoredRecord[];
}

export interface Follow {
  /** Records just committed at the end of the partition. */
  offer(records: readonly StoredRecord[], bytes: number): void;
  /** Reads what is waiting, if anything. */
  wake(): void;
  stop(): void;
}

const maxQueuedBytes = 256 * 1024;
const catchUp: ReadLimits = { maxRecords: 2000, maxBytes: 512 * 1024 };

export function createFollow(
  options: { partition: number; from: number; handler: TailHandler; ended: () => void },
  source: FollowSource,
): Follow {
  const { partition, handler } = options;
  let next = options.from;
  let busy = false;
  let stopped = false;
  let queue: StoredRecord[] = [];
  let queuedBytes = 0;

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
    offer(records, bytes) {
      const first = records[0];
      if (stopped || first === undefined) return;
      if (!busy && next === first.offset) {
        deliver(records, false);
        return;
      }
      const queueEnd = queue.at(-1)?.offset ?? next - 1;
      if (busy && queueEnd + 1 === first.offset && queuedBytes + bytes <= maxQueuedBytes) {
        queue = queue.length === 0 ? [...records] : queue.concat(records);
        queuedBytes += bytes;
        return;
      }
      if (!busy) follow.wake();
    },
    wake() {
      while (!stopped && !busy) {
        const records = queue;
        queue = [];
        queuedBytes = 0;
        if (records[0]?.offset === next) {
          deliver(records, false);
          continue;
        }
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
      queue = [];
    },
  };
  return follow;
}
