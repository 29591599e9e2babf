/**
 * What a client received and showed, merged to the highest message id per chat and sender, and what of it
 * the server does not know yet on the present stream. Pure.
 */
import type { Receipt } from '../../protos/gen/cecochat/v1/message.ts';

export interface Confirmations {
  received(chatId: string, senderId: bigint, messageId: bigint): void;
  seen(chatId: string, senderId: bigint, messageId: bigint): void;
  /** A new stream is open: everything is told again. */
  connected(): void;
  /** What grew since it was last taken, up to `most`. */
  take(most: number): Receipt[];
  readonly pending: boolean;
}

interface Growth {
  readonly chatId: string;
  readonly senderId: bigint;
  delivered: bigint;
  seen: bigint;
}

export function createConfirmations(readerId: bigint): Confirmations {
  const all = new Map<string, Growth>();
  const grown = new Set<Growth>();

  const at = (chatId: string, senderId: bigint): Growth => {
    const name = `${chatId}/${senderId}`;
    let growth = all.get(name);
    if (growth === undefined) {
      growth = { chatId, senderId, delivered: 0n, seen: 0n };
      all.set(name, growth);
    }
    return growth;
  };

  return {
    get pending() {
      return grown.size > 0;
    },
    received(chatId, senderId, messageId) {
      const growth = at(chatId, senderId);
      if (messageId <= growth.delivered) return;
      growth.delivered = messageId;
      grown.add(growth);
    },
    seen(chatId, senderId, messageId) {
      const growth = at(chatId, senderId);
      if (messageId <= growth.seen) return;
      growth.seen = messageId;
      if (messageId > growth.delivered) growth.delivered = messageId;
      grown.add(growth);
    },
    connected() {
      for (const growth of all.values()) grown.add(growth);
    },
    take(most) {
      const receipts: Receipt[] = [];
      for (const growth of grown) {
        if (receipts.length >= most) break;
        grown.delete(growth);
        const { chatId, senderId, delivered, seen } = growth;
        receipts.push({ chatId, readerId, senderId, deliveredUpTo: delivered, seenUpTo: seen });
      }
      return receipts;
    },
  };
}
