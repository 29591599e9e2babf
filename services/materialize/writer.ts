/**
 * Writes batches of many partitions together: while one write is on its way, the batches that come wait for the
 * next. Each resolves when it is durable.
 */
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import type { Clock } from '../core/time/clock.ts';

/**
 * Under load, writes take a hundredth of the time, unless that would make the history later than a second. A
 * write of 128 users' rows dirties about 450 pages whether each has one row or twenty, and acknowledgements wait
 * for the same disk: at seventeen writes a second they were most of the latency above p90. With few rows
 * waiting there is nothing to gain, and whoever asks for what was just sent should find it.
 */
const restFactor = 100;
const longestRestMs = 1000;
const busyRows = 64;

export interface HistoryWriter {
  write(batch: HistoryBatch): Promise<void>;
}

interface Waiting {
  readonly batch: HistoryBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createHistoryWriter(deps: {
  historyDb: Pick<HistoryDb, 'write'>;
  clock: Clock;
  /** From the start of a write to the start of the next: under load, larger writes cost less; 0: never rest. */
  restMs: number;
}): HistoryWriter {
  let waiting: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      const startedMs = deps.clock.monotonicMs();
      try {
        await deps.historyDb.write(taken.map(({ batch }) => batch));
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
      const tookMs = deps.clock.monotonicMs() - startedMs;
      const rows = taken.reduce((sum, { batch }) => sum + batch.rows.length, 0);
      const longRestMs = rows < busyRows ? 0 : Math.min(tookMs * restFactor, longestRestMs);
      const restMs = deps.restMs === 0 ? 0 : Math.max(deps.restMs - tookMs, longRestMs);
      if (restMs > 0) await deps.clock.sleep(restMs);
    }
    isRunning = false;
  };

  return {
    write: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        if (isRunning) return;
        isRunning = true;
        void Promise.resolve().then(run);
      }),
  };
}
