/**
 * Writes batches of many partitions together: while one write is on its way, the batches that come wait for the
 * next. Each resolves when it is durable.
 */
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import type { Clock } from '../core/time/clock.ts';

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
      const restMs = deps.restMs - tookMs;
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
