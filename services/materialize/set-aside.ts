/**
 * Writes what history takes, and sets aside as dead letters what it never will: records whose message or receipt
 * cannot be read, and rows that it refuses for good. A dead letter is durable before the watermark passes its
 * record; the other rows go in.
 */
import type { StoredRecord } from '../backplane/backplane.ts';
import type { DeadLetter, DeadLetters } from '../backplane/dead-letters.ts';
import type { Clock } from '../core/time/clock.ts';
import type { HistoryRow, Watermark } from '../history-db/history-db.ts';
import { RowsRefusedError, type RefusedRow } from '../history-db/refused-rows.ts';
import type { Materialized, Unreadable } from './materialize.ts';
import type { HistoryWriter } from './writer.ts';

export interface SetAsideDependencies {
  readonly writer: HistoryWriter;
  readonly deadLetters: Pick<DeadLetters, 'put'>;
  readonly clock: Clock;
  /** Called when letters are durable. */
  readonly setAside: (letters: readonly DeadLetter[]) => void;
}

export interface SettingAsideWriter {
  /** Calls `make` for the batch of these records when its turn comes. Error: engine.unavailable. */
  write(records: readonly StoredRecord[], make: () => Materialized): Promise<Written>;
}

export interface Written {
  /** How many are in. */
  readonly rows: number;
  readonly watermark: Watermark;
}

const longestReason = 1000;

export function createSettingAsideWriter(deps: SetAsideDependencies): SettingAsideWriter {
  const { writer, deadLetters, clock } = deps;

  const putAside = async (
    partition: number,
    faults: readonly Unreadable[],
    records: readonly StoredRecord[],
  ): Promise<void> => {
    if (faults.length === 0) return;
    const values = new Map(records.map(({ offset, value }) => [offset, value]));
    const letters = new Map<number, DeadLetter>();
    for (const { position, reason } of faults) {
      const value = values.get(position.offset);
      if (value === undefined)
        throw new Error(`offset ${position.offset} of partition ${partition} is not in the batch`);
      // Of several rows of a record the first says why.
      if (letters.has(position.offset)) continue;
      letters.set(position.offset, {
        partition,
        position,
        reason: reason.slice(0, longestReason),
        atMs: clock.nowMs(),
        value,
      });
    }
    await deadLetters.put([...letters.values()]);
    deps.setAside([...letters.values()]);
  };

  /** Each time without the rows that were refused; others may be refused only then. */
  const writeRest = async (batch: Materialized, records: readonly StoredRecord[]): Promise<number> => {
    let { rows } = batch;
    for (;;) {
      const refused = await refusalOf(writer.write({ ...batch, rows }));
      if (refused.length === 0) return rows.length;
      const faults = refused.map(({ row, reason }) => ({
        position: row.position,
        reason: `history refuses: ${reason}`,
      }));
      await putAside(batch.partition, faults, records);
      // By name, since an engine may merge rows: the refused one need not be the same object.
      const without = new Set(refused.map(({ row }) => nameOf(row)));
      const rest = rows.filter((row) => !without.has(nameOf(row)));
      if (rest.length === rows.length)
        throw new Error(`history refuses rows of partition ${batch.partition} without naming one`);
      rows = rest;
    }
  };

  return {
    async write(records, make) {
      await writer.turn(records.length);
      const batch = make();
      await putAside(batch.partition, batch.unreadable, records);
      const { watermark } = batch;
      return { rows: await writeRest(batch, records), watermark };
    },
  };
}

function nameOf({ owner, position }: HistoryRow): string {
  return `${owner}/${position.offset}`;
}

async function refusalOf(write: Promise<void>): Promise<readonly RefusedRow[]> {
  try {
    await write;
    return [];
  } catch (error) {
    if (error instanceof RowsRefusedError) return error.rows;
    throw error;
  }
}
