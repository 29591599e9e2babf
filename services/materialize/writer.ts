/**
 * Writes batches of many partitions together: while one write is on its way, the batches that come wait for the
 * next. Each resolves when it is durable. Error: RowsRefusedError, with rows of its partition only.
 */
import type { Clock } from '../core/time/clock.ts';
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import { RowsRefusedError } from '../history-db/refused-rows.ts';

export interface HistoryWriter {
  write(batch: HistoryBatch): Promise<void>;
}

interface Waiting {
  readonly batch: HistoryBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A tenth of the time: history shares a disk with the log, whose appends somebody waits for. */
const restPerWrite = 9;
const longestRestMs = 200;
/** Of records that wait: so many are a backlog, which is worked off at full speed. */
const backlogRows = 2000;

export function createHistoryWriter(deps: { historyDb: Pick<HistoryDb, 'write'>; clock: Clock }): HistoryWriter {
  const { historyDb, clock } = deps;
  let waiting: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      const startedMs = clock.monotonicMs();
      try {
        await historyDb.write(taken.map(({ batch }) => batch));
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const waiter of taken) settle(waiter, error);
      }
      const rows = taken.reduce((sum, { batch }) => sum + batch.rows.length, 0);
      const restMs = Math.min(longestRestMs, restPerWrite * (clock.monotonicMs() - startedMs));
      if (rows < backlogRows) await clock.sleep(restMs);
    }
    isRunning = false;
  };

  /** Of a write with refused rows, the batches of other partitions are in. */
  const settle = ({ batch, resolve, reject }: Waiting, error: unknown): void => {
    if (!(error instanceof RowsRefusedError)) reject(error);
    else if (error.partitions.has(batch.partition)) reject(error.of(batch.partition));
    else resolve();
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
