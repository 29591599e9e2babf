/**
 * One stream to one client: a bounded queue of chunks, written as one frame whenever the transport has taken the
 * last one. A client that does not read ends with slow.consumer; a replay waits for it instead. Fields only, no
 * closures: tens of thousands of these are open at a time.
 */
import { CecochatError } from '../core/errors.ts';
import type { ClientId, UserId } from '../core/ids.ts';
import { listenFrame } from './event-wire.ts';
import type { StreamHost } from './stream-host.ts';
import type { Subscriber } from './subscriber.ts';

/** The transport's side of a stream. */
export interface Outlet {
  /** One frame at a time; `sent` when the transport has taken it. */
  write(frame: Buffer, sent: () => void): void;
  /** After what was written. Without an error: the stream ends well. */
  end(error: CecochatError | undefined): void;
}

export interface StreamIdentity {
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly partition: number;
  readonly expiresAtMs: number;
}

const maxFrameBytes = 512 * 1024;
/** A frame that is not taken for this long, while this server attends to its streams: the client has stopped reading. */
const blockedMs = 100;
const laggingMs = 2_000;

export class ClientStream implements Subscriber {
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly partition: number;
  readonly kind: 'chat' | 'listen';
  after = -1;
  live = false;
  ended = false;
  expiresAtMs: number;
  readonly #host: StreamHost;
  readonly #outlet: Outlet;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writing = false;
  #writtenAtMs = 0;
  #scheduled = false;
  /** It was live once and fell behind. */
  #lagging = false;

  constructor(kind: 'chat' | 'listen', identity: StreamIdentity, io: { host: StreamHost; outlet: Outlet }) {
    this.kind = kind;
    this.userId = identity.userId;
    this.clientId = identity.clientId;
    this.partition = identity.partition;
    this.expiresAtMs = identity.expiresAtMs;
    this.#host = io.host;
    this.#outlet = io.outlet;
    io.host.streams.add(this);
  }

  get ackClient(): ClientId | undefined {
    return this.kind === 'chat' ? this.clientId : undefined;
  }

  hasRoom(): boolean {
    const { queueMessages, queueBytes } = this.#host.limits;
    return this.#queue.length * 2 < queueMessages && this.#queuedBytes * 2 < queueBytes;
  }

  replay(chunk: Buffer): void {
    this.#host.counters.deliveries += 1;
    this.#add(chunk);
  }

  push(chunk: Buffer): boolean {
    if (this.#isFull(chunk)) {
      if (!this.#writing) this.flush();
      if (this.#isFull(chunk)) {
        if (this.#blockedFor() > blockedMs) this.#failSlow();
        this.#lagging = true;
        return false;
      }
    }
    this.#host.counters.deliveries += 1;
    this.#add(chunk);
    return true;
  }

  /** An answer that has no place in the feed. */
  answer(chunk: Buffer): void {
    if (this.ended) return;
    const { queueMessages, queueBytes } = this.#host.limits;
    if (this.#queue.length > 4 * queueMessages || this.#queuedBytes > 2 * queueBytes) this.#failSlow();
    else this.#add(chunk);
  }

  /** Writes what is waiting, as one frame. */
  flush(): void {
    this.#scheduled = false;
    if (this.#writing || this.#queue.length === 0) return;
    const chunks = this.#take();
    this.#writing = true;
    this.#writtenAtMs = this.#host.attention.attendedMs();
    this.#outlet.write(this.#frame(chunks), () => this.#sent());
  }

  /** Once a second. */
  check(nowMs: number): void {
    if (nowMs >= this.expiresAtMs) {
      this.fail(
        new CecochatError('unauthenticated', 'the access token has ended', {
          hint: 'log in or refresh, and reconnect with the cursor; on Chat.Open send renew_token in time',
        }),
      );
    } else if (this.#lagging && !this.live && this.#blockedFor() > laggingMs) this.#failSlow();
  }

  fail(error: CecochatError): void {
    if (!this.#leave()) return;
    if (error.code !== 'slow.consumer') this.#writeRest();
    this.#queue = [];
    this.#outlet.end(error);
  }

  /** Ends well, after what is waiting. */
  finish(): void {
    if (!this.#leave()) return;
    this.#writeRest();
    this.#outlet.end(undefined);
  }

  /** The client is gone: nothing can be written any more. */
  gone(): void {
    if (this.#leave()) this.#outlet.end(undefined);
    this.#queue = [];
  }

  /** It never began: the caller tells the client why. */
  discard(): void {
    this.#leave();
    this.#queue = [];
  }

  #leave(): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.#host.feeds.unsubscribe(this);
    this.#host.streams.delete(this);
    return true;
  }

  #failSlow(): void {
    this.#host.counters.slowConsumers += 1;
    this.fail(
      new CecochatError('slow.consumer', 'the client does not read what it is sent; its queue is full', {
        hint: 'reconnect with the last cursor',
      }),
    );
  }

  #isFull(chunk: Buffer): boolean {
    const { queueMessages, queueBytes } = this.#host.limits;
    return this.#queue.length >= queueMessages || this.#queuedBytes + chunk.length > queueBytes;
  }

  #blockedFor(): number {
    return this.#writing ? this.#host.attention.attendedMs() - this.#writtenAtMs : 0;
  }

  #add(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#writing || this.#scheduled) return;
    this.#scheduled = true;
    this.#host.schedule(this);
  }

  #take(): readonly Buffer[] {
    const queue = this.#queue;
    if (this.#queuedBytes <= maxFrameBytes) {
      this.#queue = [];
      this.#queuedBytes = 0;
      return queue;
    }
    let bytes = 0;
    let count = 0;
    for (const chunk of queue) {
      if (count > 0 && bytes + chunk.length > maxFrameBytes) break;
      bytes += chunk.length;
      count += 1;
    }
    this.#queue = queue.slice(count);
    this.#queuedBytes -= bytes;
    return queue.slice(0, count);
  }

  #frame(chunks: readonly Buffer[]): Buffer {
    if (this.kind === 'listen') return listenFrame(chunks);
    const [only] = chunks;
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  }

  #writeRest(): void {
    while (this.#queue.length > 0) this.#outlet.write(this.#frame(this.#take()), () => undefined);
  }

  #sent(): void {
    this.#writing = false;
    if (this.ended) return;
    if (!this.live) this.#host.feeds.more(this);
    if (this.live) this.#lagging = false;
    if (!this.#scheduled) this.flush();
  }
}
