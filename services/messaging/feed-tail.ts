/**
 * The latest entries of one owned partition, kept in memory, and the live subscribers of its users. Bytes of all
 * partitions share one budget: the oldest entries of the server go first. An event is encoded when somebody needs
 * it, once for all who are connected then.
 */
import type { ClientId, UserId } from '../core/ids.ts';
import type { Sent } from '../core/log/record.ts';
import { ackChunk, chatIdOf, createCursorWriter, messageChunk, receiptChunk, type CursorWriter } from './event-wire.ts';
import type { FeedEntry } from './owner.ts';
import type { Subscriber } from './subscriber.ts';

/** What an entry costs beside its message. */
const entryOverheadBytes = 400;

export class TailBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  /** The owner of each entry, in order of arrival. */
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
      // A closed tail has dropped its entries already.
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

/**
 * What clients may still ask for of one record, and no more: a server keeps more than a hundred thousand of these,
 * and every object of theirs is copied twice by young collections and walked through by each old one.
 */
export class TailEntry {
  readonly offset: number;
  readonly #kind: FeedEntry['record']['kind'];
  readonly #owners: readonly UserId[];
  readonly #payload: Uint8Array;
  /** Who sent it, of a Sent. */
  readonly #sender: Pick<Sent, 'clientId' | 'key' | 'messageId'> | undefined;
  /** Kept while it is being given to several clients. */
  #event: Buffer | undefined;

  constructor({ offset, record }: FeedEntry) {
    this.offset = offset;
    this.#kind = record.kind;
    this.#owners = record.owners;
    this.#payload = record.kind === 'sent' || record.kind === 'received' ? record.message : record.receipt;
    this.#sender =
      record.kind === 'sent' ? { clientId: record.clientId, key: record.key, messageId: record.messageId } : undefined;
  }

  get bytes(): number {
    return this.#payload.length + entryOverheadBytes;
  }

  get owners(): readonly UserId[] {
    return this.#owners;
  }

  concerns(user: UserId): boolean {
    return this.#owners.includes(user);
  }

  /** The chunk for this client: an acknowledgement for the client that sent the message. */
  chunkFor(client: ClientId | undefined, cursors: CursorWriter): Buffer {
    const sender = this.#sender;
    if (sender !== undefined && sender.clientId === client) {
      const { key, messageId } = sender;
      return ackChunk(cursors.cursor(this.offset), { key, messageId, chatId: chatIdOf(this.#payload) });
    }
    this.#event ??=
      this.#kind === 'sent' || this.#kind === 'received'
        ? messageChunk(cursors.cursor(this.offset), this.#payload)
        : receiptChunk(cursors.cursor(this.offset), this.#payload);
    return this.#event;
  }

  /** Everyone who is connected has it: it is encoded again for whoever comes later. */
  rest(): void {
    this.#event = undefined;
  }
}

export class FeedTail {
  readonly incarnation: string;
  readonly cursors: CursorWriter;
  readonly #budget: TailBudget;
  #entries: TailEntry[] = [];
  #first = 0;
  /** Every entry at or above this offset is here. */
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
    const entry = new TailEntry(given);
    this.#entries.push(entry);
    this.#lastOffset = entry.offset;
    if (this.#live.size > 0) {
      for (const owner of entry.owners) {
        const subscribers = this.#live.get(owner);
        if (subscribers !== undefined) this.#push(entry, subscribers);
      }
      entry.rest();
    }
    this.#budget.added(this, entry.bytes);
  }

  /** Answers the bytes that became free. */
  dropOldest(): number {
    const oldest = this.#entries[this.#first];
    if (oldest === undefined) return 0;
    this.#coveredFrom = oldest.offset + 1;
    this.#first += 1;
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return oldest.bytes;
  }

  /** Gives the subscriber what it has room for; true when it has everything. */
  catchUp(subscriber: Subscriber): boolean {
    const client = subscriber.ackClient;
    for (let index = this.#indexAfter(subscriber.after); index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (entry === undefined) break;
      if (entry.concerns(subscriber.userId)) {
        if (!subscriber.hasRoom()) return false;
        subscriber.replay(entry.chunkFor(client, this.cursors));
        entry.rest();
      }
      subscriber.after = entry.offset;
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
    for (const entry of this.#entries.slice(this.#first)) this.#budget.dropped(entry.bytes);
    this.#entries = [];
    this.#first = 0;
    this.#live.clear();
  }

  #push(entry: TailEntry, subscribers: readonly Subscriber[]): void {
    for (const subscriber of subscribers) {
      // A client may come with the history's watermark, which can be ahead of what has been shown here.
      if (entry.offset <= subscriber.after) continue;
      if (subscriber.push(entry.chunkFor(subscriber.ackClient, this.cursors))) subscriber.after = entry.offset;
      else {
        this.leave(subscriber);
        subscriber.live = false;
      }
    }
  }

  #indexAfter(offset: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.offset ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
