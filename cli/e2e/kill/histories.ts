/**
 * The whole history of a user, page by page, oldest first, as the feed checker wants it. History follows the log:
 * it is asked once it has come up to what the user's device saw last.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { decodeCursor } from '../../../services/core/log/cursor.ts';
import { systemRandom } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { discover } from '../../client/discovery.ts';
import { sightingOf, type HistoryLog, type Sighting } from '../../client/feed-checker.ts';
import { createHistory, type History } from '../../client/history.ts';
import type { Session } from '../../client/session.ts';
import type { StackHandle } from './stack-handle.ts';

interface Asking {
  readonly stack: StackHandle;
  readonly session: Session;
  readonly signal: AbortSignal;
}

/** Tells what is stuck from what is slow: how long it took is among the figures. */
const caughtUpWithinMs = 60_000;
const pollMs = 50;

/** Resolves when history holds everything up to the cursor. Error: timed.out, saying how far it is. */
export async function untilCaughtUp(asking: Asking & { readonly cursor: Buffer }): Promise<void> {
  const { session, signal, cursor } = asking;
  const wanted = decodeCursor(cursor);
  if (wanted === undefined) return;
  await using history = await openHistory(asking);
  const endMs = systemClock.monotonicMs() + caughtUpWithinMs;
  for (;;) {
    const at = decodeCursor((await history.user({ signal })).watermark);
    if (at !== undefined && at.incarnation === wanted.incarnation && at.offset >= wanted.offset) return;
    if (systemClock.monotonicMs() > endMs) {
      throw new CecochatError(
        'timed.out',
        `history of user ${session.userId} stands at ${at?.offset ?? 'nothing'}, its device saw ${wanted.offset}, for ${caughtUpWithinMs / 1000} s`,
      );
    }
    await systemClock.sleep(pollMs, signal);
  }
}

export async function readUserHistory({ stack, session, signal }: Asking): Promise<HistoryLog> {
  await using history = await openHistory({ stack, session, signal });
  const messages: Sighting[] = [];
  for (let before: Buffer | undefined, end = false; !end;) {
    const page = await history.user({ signal, ...(before === undefined ? {} : { before }) });
    messages.push(...page.events.flatMap((event) => sightingOf({ event: event.event }, session.userId) ?? []));
    before = page.events.at(-1)?.cursor;
    end = page.end || before === undefined;
  }
  return { userId: session.userId, messages: messages.toReversed() };
}

export async function readDialogs(asking: Asking & { readonly chats: readonly string[] }): Promise<HistoryLog[]> {
  const { session, signal, chats } = asking;
  await using history = await openHistory(asking);
  const logs: HistoryLog[] = [];
  for (const chatId of chats) {
    const messages: Sighting[] = [];
    for (let before: bigint | undefined, end = false; !end;) {
      const page = await history.dialog({ chatId, signal, ...(before === undefined ? {} : { before }) });
      messages.push(...page.messages.map(({ messageId, senderId, key }) => ({ messageId, chatId, senderId, key })));
      before = page.messages.at(-1)?.order;
      end = page.end || before === undefined;
    }
    logs.push({ userId: session.userId, chatId, messages: messages.toReversed() });
  }
  return logs;
}

async function openHistory({ stack, session, signal }: Asking): Promise<History> {
  const token = await session.accessToken(signal);
  const { historyAddress } = await discover({ connectUrl: stack.connectUrl, token, signal });
  return createHistory({ address: historyAddress, session, clock: systemClock, random: systemRandom });
}
