/**
 * Writes batches of many partitions together: while one write is on its way or rests, those that come wait for the
 * next. Rows are made when their turn comes: made earlier, they waited for longer than the garbage collector takes
 * for old. Each write resolves when it is durable. Error: RowsRefusedError, with rows of its partition only.
 */
import type { Clock } from '../core/time/clock.ts';
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import { RowsRefusedError } from '../history-db/refused-rows.ts';

export interface HistoryWriter {
  /** Resolves when rows of about so many records should be made and given to `write`, in the same turn of the loop. */
  turn(records: number): Promise<void>;
  write(batch: HistoryBatch): Promise<void>;
}

interface Turn {
  readonly records: number;
  readonly begin: () => void;
}

interface Waiting {
  readonly batch: HistoryBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A tenth of the time: history shares a disk with the log, whose appends somebody waits for. */
const restPerWrite = 9;
const longestRestMs = 200;
/** As many that wait are a backlog, which is worked off without rest. */
const backlogRecords = 2000;
/**
 * Of one write, or an eighth of what waits. Smaller ones hold the loop up for less (about 40 µs a row), but each is a
 * commit, and commits are what appends on the same disk wait for: with 256 their median latency was a third higher.
 */
const lotRecords = 4000;
/**
 * Whose turn it is in one turn of the loop (about 1 ms of making rows), or a sixteenth of what waits. All of a lot at
 * once held up what arrived meanwhile: at 1 000 messages/s the 90th percentile was a fifth higher.
 */
const sliceRecords = 24;

export function createHistoryWriter(deps: { historyDb: Pick<HistoryDb, 'write'>; clock: Clock }): HistoryWriter {
  const { historyDb, clock } = deps;
  const turns: Turn[] = [];
  let waitingRecords = 0;
  let waiting: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    while (turns.length > 0 || waiting.length > 0) {
      await grant();
      const startedMs = clock.monotonicMs();
      await writeWaiting();
      const restMs = Math.min(longestRestMs, restPerWrite * (clock.monotonicMs() - startedMs));
      if (waitingRecords < backlogRecords) await clock.sleep(restMs);
    }
    isRunning = false;
  };

  /** Those that come later wait for the next write, so that rows which are made do not wait for them. */
  const takeLot = (): readonly Turn[] => {
    const most = Math.max(lotRecords, waitingRecords / 8);
    let records = 0;
    let count = 0;
    for (const turn of turns) {
      if (records >= most) break;
      records += turn.records;
      count += 1;
    }
    waitingRecords -= records;
    return turns.splice(0, count);
  };

  /** Those whose turn it is have joined when it resolves. */
  const grant = async (): Promise<void> => {
    const slice = Math.max(sliceRecords, waitingRecords / 16);
    let begun = 0;
    for (const { records, begin } of takeLot()) {
      if (begun >= slice) {
        await nextTurn();
        begun = 0;
      }
      begun += records;
      begin();
    }
    await nextTurn();
  };

  const writeWaiting = async (): Promise<void> => {
    const taken = waiting;
    waiting = [];
    if (taken.length === 0) return;
    try {
      await historyDb.write(taken.map(({ batch }) => batch));
      for (const { resolve } of taken) resolve();
    } catch (error) {
      for (const waiter of taken) settle(waiter, error);
    }
  };

  const wake = (): void => {
    if (isRunning) return;
    isRunning = true;
    void Promise.resolve().then(run);
  };

  /** Of a write with refused rows, the batches of other partitions are in. */
  const settle = ({ batch, resolve, reject }: Waiting, error: unknown): void => {
    if (!(error instanceof RowsRefusedError)) reject(error);
    else if (error.partitions.has(batch.partition)) reject(error.of(batch.partition));
    else resolve();
  };

  return {
    turn: (records) =>
      new Promise((begin) => {
        turns.push({ records, begin });
        waitingRecords += records;
        wake();
      }),
    write: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        wake();
      }),
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
