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
      'history.refused',
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

  /** The same for the rows of one partition. */
  of(partition: number): RowsRefusedError {
    return new RowsRefusedError(
      this.rows.filter((each) => each.partition === partition),
      this,
    );
  }
}

/** Why a row is refused that has a message or receipt of more than `rowBytes`; undefined when it has not. */
export function oversize(row: HistoryRow, rowBytes: number | undefined): string | undefined {
  const { length } = row.kind === 'message' ? row.message : row.receipt;
  if (rowBytes === undefined || length <= rowBytes) return undefined;
  return `its ${row.kind} of ${length} bytes is larger than the ${rowBytes} of engines.historyRowBytes`;
}

/** What `byKey` throws while a key is known and its message is not in. */
export function messageMissing({ chatId, order }: { readonly chatId: string; readonly order: bigint }): CecochatError {
  return new CecochatError('engine.unavailable', `message ${order} of chat ${chatId} is accepted, but not in history`, {
    hint: 'it is on its way, or it was refused: cecochat dead-letters list',
    data: { chatId, order: String(order) },
  });
}
