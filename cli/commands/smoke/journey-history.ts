/**
 * Reads the histories of the smoke test. History follows the log a moment later, so it is asked until it
 * has as much as is expected, for ten seconds at most.
 */
import type { Clock } from '../../../services/core/time/clock.ts';
import { sightingOf, type Sighting } from '../../client/feed-checker.ts';
import type { History } from '../../client/history.ts';

export interface Histories {
  /** Oldest first. */
  readonly user: Sighting[];
  readonly dialog: Sighting[];
  readonly chats: string[];
}

interface Reading {
  readonly history: History;
  readonly expected: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const patienceMs = 10_000;
const askAgainMs = 20;

export async function readHistories(reading: Reading & { readonly chatId: string }): Promise<Histories> {
  const { history, chatId, signal } = reading;
  const user = await messagesOf(reading);
  const dialog: Sighting[] = [];
  for (let before = 0n; ;) {
    const page = await history.dialog({ chatId, before, signal });
    dialog.push(...page.messages);
    const last = page.messages.at(-1);
    if (page.end || last === undefined) break;
    before = last.order;
  }
  const { chats } = await history.chats({ signal });
  return { user, dialog: dialog.toReversed(), chats: chats.map((chat) => chat.chatId) };
}

/** The messages of the user history, oldest first. */
export async function messagesOf({ history, expected, clock, signal }: Reading): Promise<Sighting[]> {
  const endMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    const messages: Sighting[] = [];
    let before: Buffer | undefined;
    for (;;) {
      const page = await history.user({ ...(before === undefined ? {} : { before }), signal });
      for (const event of page.events) {
        const sighting = sightingOf(event, 0n);
        if (sighting !== undefined) messages.push(sighting);
      }
      before = page.events.at(-1)?.cursor;
      if (page.end || before === undefined) break;
    }
    if (messages.length >= expected || clock.monotonicMs() > endMs) return messages.toReversed();
    await clock.sleep(askAgainMs, signal);
  }
}
