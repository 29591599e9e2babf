/**
 * What clients are told of one record of a feed. It lives as long as it is being given to clients, and is encoded
 * once for all of them; what is kept for later is packed (packed-events.ts).
 */
import type { ClientId, UserId } from '../core/ids.ts';
import type { Sent } from '../core/log/record.ts';
import { ackChunk, chatIdOf, messageChunk, receiptChunk, type CursorWriter } from './event-wire.ts';
import type { FeedEntry } from './owner.ts';

/** Who sent it, of a Sent. */
export type EventSender = Pick<Sent, 'clientId' | 'key' | 'messageId'>;

export interface EventFields {
  readonly offset: number;
  readonly owners: readonly UserId[];
  readonly isReceipt: boolean;
  /** Encoded cecochat.v1.Message or cecochat.v1.Receipt. */
  readonly payload: Uint8Array;
  readonly sender: EventSender | undefined;
}

export class FeedEvent {
  readonly fields: EventFields;
  #encoded: Buffer | undefined;

  constructor(fields: EventFields) {
    this.fields = fields;
  }

  get offset(): number {
    return this.fields.offset;
  }

  /** The chunk for this client: an acknowledgement for the client that sent the message. */
  chunkFor(client: ClientId | undefined, cursors: CursorWriter): Buffer {
    const { offset, sender, isReceipt, payload } = this.fields;
    if (sender !== undefined && sender.clientId === client) {
      const { key, messageId } = sender;
      return ackChunk(cursors.cursor(offset), { key, messageId, chatId: chatIdOf(payload) });
    }
    this.#encoded ??= isReceipt
      ? receiptChunk(cursors.cursor(offset), payload)
      : messageChunk(cursors.cursor(offset), payload);
    return this.#encoded;
  }
}

export function eventOf({ offset, record }: FeedEntry): FeedEvent {
  const isReceipt = record.kind === 'confirmed' || record.kind === 'receipt';
  return new FeedEvent({
    offset,
    owners: record.owners,
    isReceipt,
    payload: isReceipt ? record.receipt : record.message,
    sender: record.kind === 'sent' ? record : undefined,
  });
}
