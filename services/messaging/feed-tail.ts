/**
 * The latest events of one owned partition, kept in memory, and the live subscribers of its users. Bytes of all
 * partitions share one budget: the oldest events of the server go first.
 */
import type { UserId } from '../core/ids.ts';
import { createCursorWriter, type CursorWriter } from './event-wire.ts';
import { eventOf, type FeedEvent } from './feed-event.ts';
import type { FeedEntry } from './owner.ts';
import { PackedEvents } from './packed-events.ts';
import type { Subscriber } from './subscriber.ts';

export class TailBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  /** The tail of each event, in order of arrival. */
  #order: FeedTail[] = [];
  #first = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  added(tail: FeedTail, bytes: number): void {
    this.#order.push(tail);
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#first < this.#order.length) {
      // A closed tail has dropped its events already.
      this.#bytes -= this.#order[this.#first]?.dropOldest() ?? 0;
      this.#first += 1;
    }
    if (this.#first > 4096 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
  }

  dropped(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export class FeedTail {
  readonly incarnation: string;
  readonly cursors: CursorWriter;
  readonly #budget: TailBudget;
  #events = new PackedEvents();
  #bytes = 0;
  /** Every event at or above this offset is here. */
  #coveredFrom: number;
  #lastOffset: number;
  readonly #live = new Map<UserId, Subscriber[]>();

  /** `startOffset`: the first one that `add` will bring entries of. */
  constructor(options: { incarnation: string; startOffset: number; budget: TailBudget }) {
    this.incarnation = options.incarnation;
    this.cursors = createCursorWriter(options.incarnation);
    this.#budget = options.budget;
    this.#coveredFrom = options.startOffset;
    this.#lastOffset = options.startOffset - 1;
  }

  get coveredFrom(): number {
    return this.#coveredFrom;
  }

  /** Everything up to here has been shown. */
  get lastOffset(): number {
    return this.#lastOffset;
  }

  add(given: FeedEntry): void {
    const event = eventOf(given);
    this.#lastOffset = event.offset;
    const bytes = this.#events.push(event);
    this.#bytes += bytes;
    for (const owner of event.fields.owners) {
      const subscribers = this.#live.get(owner);
      if (subscribers !== undefined) this.#push(event, subscribers);
    }
    this.#budget.added(this, bytes);
  }

  /** Answers the bytes that became free. */
  dropOldest(): number {
    const oldest = this.#events.dropFirst();
    if (oldest === undefined) return 0;
    this.#coveredFrom = oldest.offset + 1;
    this.#bytes -= oldest.bytes;
    return oldest.bytes;
  }

  /** Gives the subscriber what it has room for; true when it has everything. */
  catchUp(subscriber: Subscriber): boolean {
    const client = subscriber.ackClient;
    for (let index = this.#events.indexAfter(subscriber.after); index < this.#events.length; index += 1) {
      if (this.#events.concerns(index, subscriber.userId)) {
        if (!subscriber.hasRoom()) return false;
        subscriber.replay(this.#events.at(index).chunkFor(client, this.cursors));
      }
      subscriber.after = this.#events.offsetAt(index);
    }
    return true;
  }

  join(subscriber: Subscriber): void {
    const present = this.#live.get(subscriber.userId);
    if (present === undefined) this.#live.set(subscriber.userId, [subscriber]);
    else present.push(subscriber);
  }

  leave(subscriber: Subscriber): void {
    const present = this.#live.get(subscriber.userId);
    const at = present?.indexOf(subscriber) ?? -1;
    if (present === undefined || at < 0) return;
    if (present.length === 1) this.#live.delete(subscriber.userId);
    // A copy: `add` may be walking through the present one.
    else this.#live.set(subscriber.userId, present.toSpliced(at, 1));
  }

  close(): void {
    this.#budget.dropped(this.#bytes);
    this.#bytes = 0;
    this.#events = new PackedEvents();
    this.#live.clear();
  }

  #push(event: FeedEvent, subscribers: readonly Subscriber[]): void {
    for (const subscriber of subscribers) {
      // A client may come with the history's watermark, which can be ahead of what has been shown here.
      if (event.offset <= subscriber.after) continue;
      if (subscriber.push(event.chunkFor(subscriber.ackClient, this.cursors))) subscriber.after = event.offset;
      else {
        this.leave(subscriber);
        subscriber.live = false;
      }
    }
  }
}
