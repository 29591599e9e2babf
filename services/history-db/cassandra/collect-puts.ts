/**
 * All puts of a write, each once. Of what several rows change (a chat's last message, a receipt, a message that
 * stands in two feeds) only what wins is put; what is known to be in already is left out.
 */
import type { HistoryBatch, HistoryRow, MessageRow, ReceiptRow } from '../history-db.ts';
import { oversize, type RefusedRow } from '../refused-rows.ts';
import { dialogBucketOf, feedBucketOf } from './history-schema.ts';
import { createRecent } from './recent.ts';
import {
  chatPut,
  dialogBucketPut,
  dialogPut,
  feedBucketPut,
  feedMessagePut,
  feedReceiptPut,
  placeOf,
  receiptPut,
  sendKeyPut,
  type Put,
} from './row-puts.ts';

/** A put, and the row that asked for it. */
export interface Collected {
  readonly put: Put;
  readonly partition: number;
  readonly row: HistoryRow;
}

export interface Collection {
  readonly puts: readonly Collected[];
  /** Rows that are too large, or whose values fit no column. */
  readonly refused: readonly RefusedRow[];
  /** All puts are in: the next collections leave them out. */
  written(): void;
}

export interface PutCollector {
  collect(batches: readonly HistoryBatch[]): Collection;
}

interface Winner<R extends HistoryRow> {
  readonly partition: number;
  readonly row: R;
}

const mostRemembered = 20_000;

/** `rowBytes`: of a row's message or receipt; larger ones are refused. */
export function createPutCollector(rowBytes?: number): PutCollector {
  /** By chat and order, the greatest place that is in. */
  const dialogs = createRecent<string>(mostRemembered);
  const buckets = createRecent<true>(mostRemembered);

  return {
    collect(batches) {
      const puts: Collected[] = [];
      const refused: RefusedRow[] = [];
      const messages = new Map<string, Winner<MessageRow>>();
      const chats = new Map<string, Winner<MessageRow>>();
      const receipts = new Map<string, Winner<ReceiptRow>>();
      const newBuckets = new Set<string>();

      const bucket = (id: string, put: Omit<Collected, 'put'> & { readonly make: () => Put }): void => {
        if (buckets.get(id) !== undefined || newBuckets.has(id)) return;
        puts.push({ put: put.make(), partition: put.partition, row: put.row });
        newBuckets.add(id);
      };
      const feed = (partition: number, row: HistoryRow): void => {
        const put = row.kind === 'message' ? feedMessagePut(row) : feedReceiptPut(row);
        puts.push({ put, partition, row });
        const id = `${row.owner}/${row.position.incarnation}/${feedBucketOf(row.position.offset)}`;
        bucket(id, { partition, row, make: () => feedBucketPut(row) });
      };
      const message = (partition: number, row: MessageRow): void => {
        const id = `${row.chatId}/${row.order}`;
        const place = placeOf(row);
        const other = messages.get(id);
        if ((dialogs.get(id) ?? '') < place && (other === undefined || placeOf(other.row) < place)) {
          messages.set(id, { partition, row });
        }
        const chatId = `${row.owner}/${row.chatId}`;
        const last = chats.get(chatId);
        if (last === undefined || last.row.order < row.order) chats.set(chatId, { partition, row });
      };
      const receipt = (partition: number, row: ReceiptRow): void => {
        const id = `${row.owner}/${row.chatId}/${row.readerId}/${row.senderId}`;
        const other = receipts.get(id);
        receipts.set(id, { partition, row: other === undefined ? row : merged(other.row, row) });
      };
      const guarded = (partition: number, row: HistoryRow, work: () => void): void => {
        try {
          work();
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          refused.push({ partition, row, reason: error.message });
        }
      };

      for (const { partition, rows } of batches) {
        for (const row of rows) {
          const reason = oversize(row, rowBytes);
          if (reason !== undefined) {
            refused.push({ partition, row, reason });
            // What is refused was accepted all the same: its key must not seem unknown.
            if (row.kind === 'message') puts.push({ put: sendKeyPut(row), partition, row });
            continue;
          }
          guarded(partition, row, () => {
            feed(partition, row);
            if (row.kind === 'message') message(partition, row);
            else receipt(partition, row);
          });
        }
      }
      for (const { partition, row } of messages.values()) {
        guarded(partition, row, () => {
          puts.push({ put: dialogPut(row), partition, row }, { put: sendKeyPut(row), partition, row });
          const id = `${row.chatId}/${dialogBucketOf(row.order)}`;
          bucket(id, { partition, row, make: () => dialogBucketPut(row) });
        });
      }
      for (const { partition, row } of chats.values()) {
        guarded(partition, row, () => puts.push({ put: chatPut(row), partition, row }));
      }
      for (const { partition, row } of receipts.values()) {
        guarded(partition, row, () => puts.push({ put: receiptPut(row), partition, row }));
      }
      return {
        puts,
        refused,
        written() {
          for (const [id, { row }] of messages) dialogs.set(id, placeOf(row));
          for (const id of newBuckets) buckets.set(id, true);
        },
      };
    },
  };
}

/** The heights of both; bytes and position of the later one. */
function merged(one: ReceiptRow, other: ReceiptRow): ReceiptRow {
  const [earlier, later] = highestOf(one) > highestOf(other) ? [other, one] : [one, other];
  return {
    ...later,
    deliveredUpTo: larger(earlier.deliveredUpTo, later.deliveredUpTo),
    seenUpTo: larger(earlier.seenUpTo, later.seenUpTo),
  };
}

function highestOf({ deliveredUpTo, seenUpTo }: ReceiptRow): bigint {
  return larger(deliveredUpTo, seenUpTo);
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
