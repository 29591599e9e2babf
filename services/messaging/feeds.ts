/**
 * The feeds of the users whose partitions this server owns: `subscribe` replays what a client missed and joins it
 * to what is new, without a gap and in order. Errors for a subscriber: cursor.invalid, feed.expired,
 * server.not_ready, refresh when the partition goes.
 */
import type { Backplane } from '../backplane/backplane.ts';
import { CecochatError, type ErrorCode } from '../core/errors.ts';
import { decodeCursor } from '../core/log/cursor.ts';
import type { Position } from '../core/log/record.ts';
import { FeedTail, TailBudget } from './feed-tail.ts';
import type { FeedEntry } from './owner.ts';
import { createReplay, type ReplayDependencies } from './replay.ts';
import type { Subscriber } from './subscriber.ts';

export interface Feeds {
  /** `position`: everything above it comes with `add`. */
  open(partition: number, position: Position): void;
  add(partition: number, entries: readonly FeedEntry[]): void;
  /** Ends the partition's subscribers. */
  close(partition: number, reason: { code: ErrorCode; why: string }): void;
  isOpen(partition: number): boolean;
  /** Where the feed ends now. Error: server.not_ready. */
  position(partition: number): Position;
  /** Checks the cursor (empty: the feed's end) and answers the cursor that the stream starts after. Errors: see above. */
  locate(partition: number, cursor: Uint8Array): Promise<Position>;
  /** Begins to give it what comes after `start`, which `locate` made in this very turn or before. */
  subscribe(subscriber: Subscriber, start: Position): void;
  /** It has room again. */
  more(subscriber: Subscriber): void;
  unsubscribe(subscriber: Subscriber): void;
  readonly tailBytes: number;
}

export interface FeedsDependencies {
  readonly backplane: Backplane;
  readonly foldStart: ReplayDependencies['foldStart'];
  /** For the latest entries of all partitions together. */
  readonly tailBytes: number;
}

interface OpenFeed {
  readonly tail: FeedTail;
  readonly subscribers: Set<Subscriber>;
}

export function createFeeds(deps: FeedsDependencies): Feeds {
  const budget = new TailBudget(deps.tailBytes);
  const feeds = new Map<number, OpenFeed>();

  const more = (subscriber: Subscriber): void => {
    const feed = feeds.get(subscriber.partition);
    if (feed === undefined || subscriber.ended || subscriber.live) return;
    if (subscriber.after + 1 < feed.tail.coveredFrom) {
      replay.request(subscriber);
      return;
    }
    if (!feed.tail.catchUp(subscriber)) return;
    subscriber.live = true;
    feed.tail.join(subscriber);
  };

  const replay = createReplay({
    backplane: deps.backplane,
    foldStart: deps.foldStart,
    tailOf: (partition) => feeds.get(partition)?.tail,
    reached(subscriber) {
      const tail = feeds.get(subscriber.partition)?.tail;
      if (tail !== undefined) subscriber.after = Math.max(subscriber.after, tail.coveredFrom - 1);
      more(subscriber);
    },
  });

  const feedOf = (partition: number): OpenFeed => {
    const feed = feeds.get(partition);
    if (feed !== undefined) return feed;
    throw new CecochatError('server.not_ready', `partition ${partition} is being taken over`, {
      hint: 'try again in a moment',
      data: { partition: String(partition) },
    });
  };

  return {
    open(partition, { incarnation, offset }) {
      const tail = new FeedTail({ incarnation, startOffset: offset + 1, budget });
      feeds.set(partition, { tail, subscribers: new Set() });
    },
    add(partition, entries) {
      const tail = feeds.get(partition)?.tail;
      if (tail === undefined) return;
      for (const entry of entries) tail.add(entry);
    },
    close(partition, { code, why }) {
      const feed = feeds.get(partition);
      if (feed === undefined) return;
      feeds.delete(partition);
      feed.tail.close();
      const data = { partition: String(partition) };
      for (const subscriber of feed.subscribers) subscriber.fail(new CecochatError(code, why, { data }));
    },
    isOpen: (partition) => feeds.has(partition),
    position(partition) {
      const { tail } = feedOf(partition);
      return { incarnation: tail.incarnation, offset: tail.lastOffset };
    },
    async locate(partition, cursor) {
      const { tail } = feedOf(partition);
      if (cursor.length === 0) return { incarnation: tail.incarnation, offset: tail.lastOffset };
      const position = decodeCursor(cursor);
      if (position === undefined) {
        throw new CecochatError(
          'cursor.invalid',
          `the cursor of ${cursor.length} bytes is none that this chat gave out`,
          {
            hint: 'give a cursor back as it came, or none',
          },
        );
      }
      if (position.incarnation !== tail.incarnation) {
        throw new CecochatError('feed.expired', 'the cursor is from an earlier life of the feed', {
          hint: 'read the history down to the old cursor, then listen without a cursor',
        });
      }
      // Within the tail's reach nothing needs to be asked.
      if (position.offset + 1 >= tail.coveredFrom && position.offset <= tail.lastOffset) return position;
      const { start, end } = await deps.backplane.bounds(partition);
      if (position.offset + 1 < start) {
        throw new CecochatError('feed.expired', 'the cursor is from before the start of the feed that is kept', {
          hint: 'read older messages from the history, down to the old cursor',
        });
      }
      if (position.offset >= end) {
        throw new CecochatError('cursor.invalid', 'the cursor is beyond the end of the feed', {
          hint: 'give a cursor back as it came, or none',
        });
      }
      return position;
    },
    subscribe(subscriber, start) {
      const feed = feedOf(subscriber.partition);
      if (feed.tail.incarnation !== start.incarnation) {
        throw new CecochatError('refresh', 'the partition began anew', { hint: 'reconnect' });
      }
      subscriber.after = start.offset;
      feed.subscribers.add(subscriber);
      more(subscriber);
    },
    more,
    unsubscribe(subscriber) {
      const feed = feeds.get(subscriber.partition);
      if (feed === undefined || !feed.subscribers.delete(subscriber)) return;
      if (subscriber.live) feed.tail.leave(subscriber);
      subscriber.live = false;
    },
    get tailBytes() {
      return budget.bytes;
    },
  };
}
