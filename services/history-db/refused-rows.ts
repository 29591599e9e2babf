/**
 * Rows that a history database refuses for good: writing them again fails again. Everything else of the same
 * write is in, with its watermark; only the watermarks of `partitions` were left where they were. Who writes
 * these partitions' batches again without the refused rows goes on.
 */
import { CecochatError } from '../core/errors.ts';
import type { HistoryRow } from './history-db.ts';

export interface RefusedRow {
  readonly partition: number;
  readonly row: HistoryRow;
  readonly reason: string;
}

export class RowsRefusedError extends CecochatError {
  readonly rows: readonly RefusedRow[];

  constructor(rows: readonly RefusedRow[], cause?: unknown) {
    const [first] = rows;
    const { owner, position } = first?.row ?? {};
    const place = `partition ${first?.partition}, offset ${position?.offset}, user ${owner}`;
    super(
      'request.invalid',
      `${rows.length} rows of history are refused for good; the first (${place}): ${first?.reason}`,
      {
        cause,
        data: {
          rows: String(rows.length),
          partition: String(first?.partition),
          incarnation: String(position?.incarnation),
          offset: String(position?.offset),
        },
      },
    );
    this.name = 'RowsRefusedError';
    this.rows = rows;
  }

  get partitions(): ReadonlySet<number> {
    return new Set(this.rows.map(({ partition }) => partition));
  }
}
