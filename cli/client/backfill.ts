/**
 * Fills what the feed can no longer give from the user history: everything after an old cursor, oldest
 * first, holding one page in memory. The feed is listened to after `watermark`, of the first page.
 */
import type { Event } from '../../protos/gen/cecochat/v1/message.ts';
import { compareCursors } from './feed-position.ts';
import type { History } from './history.ts';

export interface Backfill {
  readonly watermark: Buffer;
  /** Oldest first. */
  events(): AsyncGenerator<Event>;
}

/** `after` empty: from the very beginning. */
export async function startBackfill(
  history: Pick<History, 'user'>,
  request: { readonly after: Buffer; readonly signal: AbortSignal },
): Promise<Backfill> {
  const { after, signal } = request;
  const first = await history.user({ signal });
  const isOld = (event: Event): boolean => after.length > 0 && compareCursors(event.cursor, after) <= 0;

  return {
    watermark: first.watermark,
    async *events() {
      // Down to the old cursor, remembering only where each page began, then up again page by page.
      const starts: (Buffer | undefined)[] = [undefined];
      let page = first;
      while (!page.end && !page.events.some(isOld)) {
        const before = page.events.at(-1)?.cursor;
        if (before === undefined) break;
        starts.push(before);
        page = await history.user({ before, signal });
      }
      for (let index = starts.length - 1; index >= 0; index -= 1) {
        const before = starts[index];
        if (index < starts.length - 1)
          page = await history.user({ ...(before === undefined ? {} : { before }), signal });
        const end = starts[index + 1];
        for (const event of page.events.toReversed()) {
          if (isOld(event) || compareCursors(event.cursor, first.watermark) > 0) continue;
          // A page asked again may be longer or shorter than at first; the one below begins at `end`.
          if (end !== undefined && compareCursors(event.cursor, end) < 0) continue;
          yield event;
        }
      }
    },
  };
}
