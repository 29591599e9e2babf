/**
 * Who follows the feed of a user: one stream of one client. The feeds tell it what comes; it tells when it has room.
 */
import type { CecochatError } from '../core/errors.ts';
import type { ClientId, UserId } from '../core/ids.ts';

export interface Subscriber {
  readonly userId: UserId;
  readonly partition: number;
  /** Whose own sends appear as acknowledgements; undefined: all appear as messages. */
  readonly ackClient: ClientId | undefined;
  /** Everything up to this offset has been handed over. Moved by the feeds only. */
  after: number;
  /** Whether `push` brings what is new; otherwise the feeds replay to it. Set by the feeds only. */
  live: boolean;
  /** It is gone; nothing more is given to it. */
  readonly ended: boolean;
  /** Whether it takes another replayed chunk now; when not, it calls `Feeds.more` once it does. */
  hasRoom(): boolean;
  /** A chunk that is replayed, at its own pace. */
  replay(chunk: Buffer): void;
  /** A chunk that is new. False: not taken, the queue is full; the feeds replay from there on once it has room. */
  push(chunk: Buffer): boolean;
  /** Ends it. */
  fail(error: CecochatError): void;
}
