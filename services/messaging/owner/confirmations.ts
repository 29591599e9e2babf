/**
 * Merges what readers confirm: at most five records a second for a chat, none without growth. What was
 * confirmed before a take-over is not known; a client's repetition then costs one record and changes nothing.
 */
import type { ConfirmCommand } from '../owner.ts';

export interface Confirmations {
  /** Keeps the growth, at most up to the id `highest`. */
  note(command: ConfirmCommand, highest: bigint): void;
  /** Growth whose chat may append now. */
  due(nowMs: number): readonly ConfirmCommand[];
}

const everyMs = 200;
const remembered = 100_000;

interface Confirmation {
  command: ConfirmCommand;
  waits: boolean;
}

export function createConfirmations(): Confirmations {
  const known = new Map<string, Confirmation>();
  let waiting: Confirmation[] = [];
  const lastByChat = new Map<string, number>();
  return {
    note(command, highest) {
      const key = `${command.chatId}/${command.readerId}/${command.senderId}`;
      const before = known.get(key);
      const seen = max(least(command.seenUpTo, highest), before?.command.seenUpTo ?? 0n);
      const delivered = max(max(least(command.deliveredUpTo, highest), seen), before?.command.deliveredUpTo ?? 0n);
      if (delivered === (before?.command.deliveredUpTo ?? 0n) && seen === (before?.command.seenUpTo ?? 0n)) return;
      const merged = { ...command, deliveredUpTo: delivered, seenUpTo: seen };
      const confirmation = before ?? { command: merged, waits: false };
      confirmation.command = merged;
      if (before === undefined) forgetOldest(known);
      known.set(key, confirmation);
      if (!confirmation.waits) waiting.push(confirmation);
      confirmation.waits = true;
    },
    due(nowMs) {
      const ready: ConfirmCommand[] = [];
      const taken = waiting;
      waiting = [];
      for (const confirmation of taken) {
        const { chatId } = confirmation.command;
        const last = lastByChat.get(chatId);
        if (last !== undefined && nowMs - last < everyMs) {
          waiting.push(confirmation);
          continue;
        }
        lastByChat.set(chatId, nowMs);
        confirmation.waits = false;
        ready.push(confirmation.command);
      }
      if (lastByChat.size > 1000)
        for (const [chatId, last] of lastByChat) if (nowMs - last >= everyMs) lastByChat.delete(chatId);
      return ready;
    },
  };
}

function forgetOldest(known: Map<string, Confirmation>): void {
  if (known.size < remembered) return;
  for (const [key, { waits }] of known) {
    if (waits) continue;
    known.delete(key);
    return;
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
