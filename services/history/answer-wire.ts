/**
 * Encodes the answers of cecochat.v1.History. Messages and receipts go out as they are stored, never re-encoded.
 */
import { WireWriter } from '../backplane/wire.ts';
import { encodeCursor } from '../core/log/cursor.ts';
import type { Position } from '../core/log/record.ts';
import type { ChatRow, HistoryRow, MessageRow } from '../history-db/history-db.ts';
import type { Found, HistoryPage } from './history.ts';

/** GetUserHistoryResponse. */
export function encodeUserHistory(page: HistoryPage<HistoryRow>): Buffer {
  const writer = new WireWriter();
  for (const row of page.rows) {
    const event = writer.open(1);
    writer.bytesField(1, encodeCursor(row.position));
    if (row.kind === 'message') present(writer, 3, row.message);
    else present(writer, 5, row.receipt);
    writer.close(event);
  }
  return finish(writer, page);
}

/** GetDialogHistoryResponse. */
export function encodeDialogHistory(page: HistoryPage<MessageRow>): Buffer {
  const writer = new WireWriter();
  for (const row of page.rows) present(writer, 1, row.message);
  return finish(writer, page);
}

/** GetByKeyResponse. */
export function encodeFound(found: Found): Buffer {
  const writer = new WireWriter();
  if (found.row !== undefined) present(writer, 1, found.row.message);
  return finish(writer, { watermark: found.watermark, end: found.final });
}

/** GetChatsResponse. */
export function encodeChats(page: HistoryPage<ChatRow>): Buffer {
  const writer = new WireWriter();
  for (const { chatId, last, receipts } of page.rows) {
    const chat = writer.open(1);
    writer.string(1, chatId);
    present(writer, 2, last.message);
    for (const { receipt } of receipts) present(writer, 3, receipt);
    writer.close(chat);
  }
  return finish(writer, page);
}

/** Field 2 is the watermark and field 3 the flag in all four answers. */
function finish(writer: WireWriter, { watermark, end }: { watermark: Position; end: boolean }): Buffer {
  writer.bytesField(2, encodeCursor(watermark));
  writer.bool(3, end);
  return writer.take();
}

/** An embedded message is there even when it has no bytes. */
function present(writer: WireWriter, field: number, bytes: Uint8Array): void {
  if (bytes.length === 0) writer.close(writer.open(field));
  else writer.bytesField(field, bytes);
}
