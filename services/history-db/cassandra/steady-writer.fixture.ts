/**
 * Writes message after message, as materialize does: what was not answered is written again until it is. Knows
 * afterwards what had been answered when, so that a test can ask for it.
 */
import { CecochatError } from '../../core/errors.ts';
import { systemClock } from '../../core/time/clock.ts';
import type { HistoryDb, MessageRow } from '../history-db.ts';
import { batchOf, messageFor, user } from '../history-samples.contract.ts';

export interface SteadyWriter {
  /** Number of messages that were answered so far; they are 0, 1, 2 … in the log of user 1 and of user 2. */
  readonly answered: number;
  /** Failures so far, by code; anything but a CecochatError ends the run. */
  readonly failures: ReadonlyMap<string, number>;
  /** Ends the run and tells what ended it before. */
  stop(): Promise<void>;
}

const perWrite = 20;

export function writeSteadily(historyDb: HistoryDb): SteadyWriter {
  const failures = new Map<string, number>();
  let answered = 0;
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const rows = Array.from({ length: perWrite }, (_, i) => messageAt(answered + i));
      try {
        const offset = answered + perWrite;
        await historyDb.write([
          batchOf(1, { offset }, ...rows.map(([own]) => own)),
          batchOf(2, { offset }, ...rows.map(([, other]) => other)),
        ]);
        answered += perWrite;
      } catch (error) {
        if (!(error instanceof CecochatError)) throw error;
        failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
        await systemClock.sleep(50);
      }
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    get answered() {
      return answered;
    },
    failures,
    stop() {
      isStopped = true;
      return running;
    },
  };
}

/** The rows of message n in both feeds. */
export function messageAt(n: number): [MessageRow, MessageRow] {
  const message = { from: 1n, to: 2n, order: BigInt(n + 1), offset: n };
  return [messageFor(1n, message), messageFor(2n, message)];
}

/** Everything below `count` that a query does not give: [] when nothing is lost. */
export async function lostBelow(historyDb: HistoryDb, count: number): Promise<string[]> {
  const lost: string[] = [];
  const limit = count + 1000;
  for (const owner of [user(1n), user(2n)]) {
    const { rows } = await historyDb.userHistory({ owner, limit });
    const found = new Set(rows.map(({ position }) => position.offset));
    for (let n = 0; n < count; n += 1) if (!found.has(n)) lost.push(`message ${n} of user ${owner}`);
  }
  const { rows } = await historyDb.dialogHistory({ chatId: messageAt(0)[0].chatId, limit });
  const orders = new Set(rows.map(({ order }) => order));
  for (let n = 0; n < count; n += 1) if (!orders.has(BigInt(n + 1))) lost.push(`message ${n} of the dialog`);
  for (const { senderId, key } of [0, count - 1].map((n) => messageAt(n)[0])) {
    if ((await historyDb.byKey({ senderId, key })) === undefined) lost.push(`the message with key ${key}`);
  }
  return lost;
}
