/**
 * Turns a partition's records into history rows. Pure: the same records from the same watermark give the
 * same rows, so a batch may be written again after a crash. Only valid records make rows.
 */
import { createFold, type LogEntry } from '../core/log/fold.ts';
import type { PartitionState, Position } from '../core/log/record.ts';
import type { HistoryBatch, HistoryRow, MessageRow, ReceiptRow } from '../history-db/history-db.ts';
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

/** The rows of the records, and the watermark behind the last one. */
export function materialize(input: MaterializeInput): HistoryBatch {
  const { partition, partitionCount, decode } = input;
  const fold = (input.createFold ?? createFold)(input.state, { partition, partitionCount });
  const rows: HistoryRow[] = [];
  let next = 0;
  for (const entry of input.records) {
    next = entry.offset + 1;
    if (fold.apply(entry) !== 'valid') continue;
    for (const row of rowsOf(entry, fold.state.incarnation, decode)) rows.push(row);
  }
  const position: Position = { incarnation: fold.state.incarnation, offset: next };
  return { partition, rows, watermark: { next: position, state: fold.snapshot() } };
}

function rowsOf({ offset, record }: LogEntry, incarnation: string, decode: PayloadDecoders): readonly HistoryRow[] {
  const position: Position = { incarnation, offset };
  switch (record.kind) {
    case 'sent':
    case 'received': {
      const head = decode.message(record.message);
      if (head === undefined) return [];
      const { message } = record;
      return distinct(record.owners).map((owner) => ({ kind: 'message', owner, position, ...head, message }));
    }
    case 'confirmed':
    case 'receipt': {
      const body = decode.receipt(record.receipt);
      if (body === undefined) return [];
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

function distinct(owners: readonly UserId[]): readonly UserId[] {
  return owners.length < 2 ? owners : [...new Set(owners)];
}
