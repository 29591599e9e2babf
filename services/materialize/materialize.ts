/**
 * Turns a partition's records into history rows. Pure: the same records from the same watermark give the
 * same rows, so a batch may be written again after a crash. Only valid records make rows.
 */
import { createFold, type LogEntry } from '../core/log/fold.ts';
import type { LogRecord, PartitionState, Position } from '../core/log/record.ts';
import type { HistoryBatch, HistoryRow, MessageRow, ReceiptRow, Watermark } from '../history-db/history-db.ts';
import type { UserId } from '../core/ids.ts';

/** What rows need of the bytes in records; undefined for bytes that are none. `services/backplane/payloads.ts` has both. */
export interface PayloadDecoders {
  message(bytes: Uint8Array): Omit<MessageRow, 'kind' | 'owner' | 'position' | 'message'> | undefined;
  receipt(bytes: Uint8Array): Omit<ReceiptRow, 'kind' | 'owner' | 'position' | 'receipt'> | undefined;
}

export interface MaterializeInput {
  readonly partition: number;
  readonly partitionCount: number;
  /** The state before the first of the records: from the watermark, or from core/log's `findStart`. */
  readonly state: PartitionState;
  /** In offset order, at least one. */
  readonly records: readonly LogEntry[];
  readonly decode: PayloadDecoders;
  /** The rules; core's own unless told otherwise. */
  readonly createFold?: typeof createFold;
}

export interface Materialized extends HistoryBatch {
  readonly watermark: Watermark;
  /** Valid records of which no row can be made. */
  readonly unreadable: readonly Unreadable[];
}

export interface Unreadable {
  readonly position: Position;
  readonly reason: string;
}

/** The rows of the records, and the watermark behind the last one. */
export function materialize(input: MaterializeInput): Materialized {
  const { partition, partitionCount, decode } = input;
  const fold = (input.createFold ?? createFold)(input.state, { partition, partitionCount });
  const rows: HistoryRow[] = [];
  const unreadable: Unreadable[] = [];
  let next = 0;
  for (const entry of input.records) {
    next = entry.offset + 1;
    if (fold.apply(entry) !== 'valid') continue;
    const position: Position = { incarnation: fold.state.incarnation, offset: entry.offset };
    const made = rowsOf(entry.record, position, decode);
    if (made === undefined) unreadable.push({ position, reason: unreadableReason(entry.record) });
    else for (const row of made) rows.push(row);
  }
  const position: Position = { incarnation: fold.state.incarnation, offset: next };
  return { partition, rows, watermark: { next: position, state: fold.snapshot() }, unreadable };
}

/** The rows of a valid record; undefined when its message or receipt cannot be read. */
export function rowsOf(
  record: LogRecord,
  position: Position,
  decode: PayloadDecoders,
): readonly HistoryRow[] | undefined {
  switch (record.kind) {
    case 'sent':
    case 'received': {
      const head = decode.message(record.message);
      if (head === undefined) return undefined;
      const { message } = record;
      return distinct(record.owners).map((owner) => ({ kind: 'message', owner, position, ...head, message }));
    }
    case 'confirmed':
    case 'receipt': {
      const body = decode.receipt(record.receipt);
      if (body === undefined) return undefined;
      const { receipt } = record;
      return distinct(record.owners).map((owner) => ({ kind: 'receipt', owner, position, ...body, receipt }));
    }
    case 'fence':
    case 'relayed':
    case 'mark':
    case 'behind':
    case 'tip':
    case 'unknown':
      return [];
  }
}

export function unreadableReason({ kind }: LogRecord): string {
  const what = kind === 'sent' || kind === 'received' ? 'message' : 'receipt';
  return `the ${what} in this record of kind ${kind} cannot be read`;
}

function distinct(owners: readonly UserId[]): readonly UserId[] {
  return owners.length < 2 ? owners : [...new Set(owners)];
}
