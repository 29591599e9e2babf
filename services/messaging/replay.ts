/**
 * Reads older parts of owned partitions from the backplane, once for all subscribers that need them, and gives
 * each what it has room for; who has none continues later from where it stopped. Validity comes from folding from
 * a mark. Errors for a subscriber: feed.expired when the log does not reach back far enough.
 */
import type { Backplane, StoredRecord } from '../backplane/backplane.ts';
import { decodeRecord } from '../backplane/codec.ts';
import { CecochatError } from '../core/errors.ts';
import type { UserId } from '../core/ids.ts';
import { createFold, type Fold } from '../core/log/fold.ts';
import { eventOf } from './feed-event.ts';
import type { FeedTail } from './feed-tail.ts';
import type { FeedEntry, FoldStart } from './owner.ts';
import type { Subscriber } from './subscriber.ts';

const readLimits = { maxRecords: 1000, maxBytes: 512 * 1024 };

export interface ReplayDependencies {
  readonly backplane: Backplane;
  /** Where to fold from to know the state before `offset`; undefined: the log does not reach back so far. */
  readonly foldStart: (partition: number, offset: number) => Promise<FoldStart | undefined>;
  readonly tailOf: (partition: number) => FeedTail | undefined;
  /** It has everything below the tail's reach: the tail takes over. */
  readonly reached: (subscriber: Subscriber) => void;
}

export interface Replay {
  /** Gives the subscriber what comes after `subscriber.after`, until it has no room or reaches the tail. */
  request(subscriber: Subscriber): void;
}

export function createReplay(deps: ReplayDependencies): Replay {
  const waiting = new Map<number, Set<Subscriber>>();
  /** Where a subscriber's replay goes on. */
  const checkpoints = new WeakMap<Subscriber, FoldStart>();

  const run = async (partition: number, queue: Set<Subscriber>): Promise<void> => {
    while (queue.size > 0) {
      const riders = new Riders([...queue].filter((subscriber) => !subscriber.ended));
      queue.clear();
      const first = riders.furthestBack();
      if (first === undefined) break;
      try {
        const start = checkpoints.get(first) ?? (await deps.foldStart(partition, first.after + 1));
        if (start === undefined) throw expired(partition);
        checkpoints.delete(first);
        await pass({ partition, start, riders });
      } catch (error) {
        first.fail(asFault(error, partition));
        for (const rider of riders.all()) if (!rider.ended) queue.add(rider);
      }
    }
    waiting.delete(partition);
  };

  /** From the start to the tail. Riders get off when they have no more room; all others reach the tail. */
  const pass = async (given: { partition: number; start: FoldStart; riders: Riders }): Promise<void> => {
    const { partition, start, riders } = given;
    const fold = createFold(start.state, { partition, partitionCount: deps.backplane.partitionCount });
    let next = start.from;
    for (;;) {
      const tail = deps.tailOf(partition);
      // Whoever closed the tail has ended the riders.
      if (tail === undefined || riders.prune() === 0) return;
      if (next >= tail.coveredFrom) break;
      const records = await deps.backplane.read(partition, next, readLimits);
      const last = records.at(-1);
      if (last === undefined) break;
      const below =
        last.offset < tail.coveredFrom ? records : records.filter(({ offset }) => offset < tail.coveredFrom);
      giveAll({ records: below, fold, riders, tail });
      next = last.offset + 1;
    }
    for (const rider of riders.all()) {
      riders.leave(rider);
      checkpoints.delete(rider);
      deps.reached(rider);
    }
  };

  const giveAll = (given: { records: readonly StoredRecord[]; fold: Fold; riders: Riders; tail: FeedTail }): void => {
    const { fold, riders, tail } = given;
    for (const { offset, value } of given.records) {
      const record = decodeRecord(value);
      if (fold.apply({ offset, record }) !== 'valid' || !isFeedRecord(record)) continue;
      const event = eventOf({ offset, record });
      let checkpoint: FoldStart | undefined;
      for (const owner of record.owners) {
        for (const rider of riders.of(owner)) {
          if (rider.ended || offset <= rider.after) continue;
          rider.after = offset;
          rider.replay(event.chunkFor(rider.ackClient, tail.cursors));
          if (rider.hasRoom()) continue;
          checkpoint ??= { from: offset + 1, state: fold.snapshot() };
          checkpoints.set(rider, checkpoint);
          riders.leave(rider);
        }
      }
    }
  };

  return {
    request(subscriber) {
      const { partition } = subscriber;
      const queue = waiting.get(partition);
      if (queue !== undefined) {
        queue.add(subscriber);
        return;
      }
      const made = new Set([subscriber]);
      waiting.set(partition, made);
      void run(partition, made);
    },
  };
}

/** The subscribers of one pass, by user. */
class Riders {
  readonly #byUser = new Map<UserId, Subscriber[]>();

  constructor(subscribers: readonly Subscriber[]) {
    for (const subscriber of subscribers) {
      const same = this.#byUser.get(subscriber.userId);
      if (same === undefined) this.#byUser.set(subscriber.userId, [subscriber]);
      else same.push(subscriber);
    }
  }

  furthestBack(): Subscriber | undefined {
    let first: Subscriber | undefined;
    for (const rider of this.all()) if (first === undefined || rider.after < first.after) first = rider;
    return first;
  }

  of(user: UserId): readonly Subscriber[] {
    return this.#byUser.get(user) ?? [];
  }

  all(): readonly Subscriber[] {
    return [...this.#byUser.values()].flat();
  }

  leave(subscriber: Subscriber): void {
    const same = this.of(subscriber.userId).filter((other) => other !== subscriber);
    if (same.length === 0) this.#byUser.delete(subscriber.userId);
    else this.#byUser.set(subscriber.userId, same);
  }

  /** Forgets those that ended; answers how many users are left. */
  prune(): number {
    for (const rider of this.all()) if (rider.ended) this.leave(rider);
    return this.#byUser.size;
  }
}

type FeedRecord = FeedEntry['record'];

function isFeedRecord(record: { readonly kind: string }): record is FeedRecord {
  const { kind } = record;
  return kind === 'sent' || kind === 'received' || kind === 'confirmed' || kind === 'receipt';
}

function expired(partition: number): CecochatError {
  return new CecochatError('feed.expired', 'the cursor is from before the start of the feed that is kept', {
    hint: 'read older messages from the history, down to the old cursor',
    data: { partition: String(partition) },
  });
}

function asFault(error: unknown, partition: number): CecochatError {
  if (!(error instanceof CecochatError)) {
    return new CecochatError('internal', 'the feed could not be read from the log', { cause: error });
  }
  return error.code === 'feed.expired' ? expired(partition) : error;
}
