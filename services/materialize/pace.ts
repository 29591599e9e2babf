/**
 * How often a busy partition is written. A write costs as many pages for one record as for the records of a
 * second, and these pages are what appends wait for on the same disk: so a partition that is written again and
 * again rests after each write, and its records gather in the log. A quiet one is written at once.
 */
import type { Clock } from '../core/time/clock.ts';

export interface Pace {
  /** To be awaited after each write of a partition; undefined when it need not rest. */
  rest(partition: number, records: number): Promise<void> | undefined;
  forget(partition: number): void;
  /** Nobody rests any more. */
  stop(): void;
}

/** Writes in a row before a partition rests; each `restMs` gives one back. */
const burst = 8;
/** A write of as many records is large enough to need no rest: a backlog is worked off at full speed. */
const largeRecords = 500;
const goldenRatio = 0.618;

interface Budget {
  writes: number;
  atMs: number;
}

export function createPace(deps: { clock: Clock; restMs: number }): Pace {
  const { clock, restMs } = deps;
  const budgets = new Map<number, Budget>();
  /** Who rests, by partition. */
  const waits: ((() => void) | undefined)[] = [];
  let isStopped = false;
  let phase = 0;

  const wait = (partition: number, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        waits[partition] = undefined;
        resolve();
      };
      const timer = clock.after(ms, end);
      waits[partition] = end;
    });

  return {
    rest(partition, records) {
      if (restMs === 0 || isStopped) return undefined;
      const nowMs = clock.monotonicMs();
      let budget = budgets.get(partition);
      if (budget === undefined) budgets.set(partition, (budget = { writes: burst, atMs: nowMs }));
      budget.writes = Math.min(burst, budget.writes + (nowMs - budget.atMs) / restMs);
      budget.atMs = nowMs;
      if (budget.writes >= 1) {
        budget.writes -= 1;
        return undefined;
      }
      if (records >= largeRecords) return undefined;
      // Spread evenly, so that partitions that began together do not go on being written together.
      phase = (phase + goldenRatio) % 1;
      return wait(partition, restMs * (0.75 + phase / 2));
    },
    forget: (partition) => void budgets.delete(partition),
    stop() {
      isStopped = true;
      for (const end of waits) end?.();
    },
  };
}
