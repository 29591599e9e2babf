/**
 * A chat client that stays: connects, resumes by cursor, sends again under the same key what was not
 * answered, confirms what was taken, fills from history what the feed no longer has. Its user sees one feed
 * without gap or duplicate, and for each send one answer.
 */
import type { OpenResponse, Welcome } from '../../protos/gen/cecochat/v1/chat.ts';
import type { Event } from '../../protos/gen/cecochat/v1/message.ts';
import { CecochatError } from '../../services/core/errors.ts';
import { asError } from '../../services/core/thrown.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { startBackfill } from './backfill.ts';
import { createConfirmations } from './confirmations.ts';
import { createMemoryCursorStore, type CursorStore } from './cursor-store.ts';
import { createCursorWriter } from './cursor-writer.ts';
import { discover, type Discovery } from './discovery.ts';
import { createDeferred } from './deferred.ts';
import { createEventQueue } from './event-queue.ts';
import { createFeedPosition } from './feed-position.ts';
import { createHistory, type History } from './history.ts';
import { createOutbox } from './outbox.ts';
import { nextStep } from './retry.ts';
import { createSender, type AcceptedSend, type NewMessage } from './sender.ts';
import { createServerTime } from './server-time.ts';
import type { Session } from './session.ts';
import { runStream, type Stream } from './stream.ts';

/** One record of the user's feed, in feed order. */
export interface FeedEvent {
  /** Stands for this record and everything before it. */
  readonly cursor: Buffer;
  /** Undefined: of a kind that this version does not know. */
  readonly event: Event['event'];
  readonly from: 'feed' | 'history';
}

export type ClientStatus =
  | { readonly kind: 'connected'; readonly serverId: string; readonly address: string }
  | { readonly kind: 'waiting'; readonly delayMs: number; readonly error: Error }
  | { readonly kind: 'backfilling' };

export interface ChatClientDependencies {
  readonly session: Session;
  readonly connectUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the cursor is kept; in memory when absent. */
  readonly store?: CursorStore;
  /** Without a stored cursor: everything from the beginning, or only what comes from now on (default). */
  readonly start?: 'beginning' | 'now';
  /** ignore: events are not kept and not confirmed; for clients that only send. */
  readonly deliveries?: 'keep' | 'ignore';
  /** Events kept for a slow taker before the stream is held back; 1024 when absent. */
  readonly queueCapacity?: number;
  readonly onStatus?: (status: ClientStatus) => void;
  /** Ends the client at once. */
  readonly signal?: AbortSignal;
}

export interface ConfirmedMessage {
  readonly chatId: string;
  readonly senderId: bigint;
  readonly messageId: bigint;
}

export interface ChatClient extends AsyncDisposable {
  readonly session: Session;
  /** Round trip of the last ping; undefined before the first. */
  readonly rttMs: number | undefined;
  /** Resolves when connected; rejects with what makes that impossible. */
  connected(signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when the message is durable; rejects with the server's final refusal. Sends to one chat keep the
   * order of the calls.
   */
  send(message: NewMessage): Promise<AcceptedSend>;
  /** Resolves when fewer than 512 sends are unsettled: who awaits it before each send holds little in memory. */
  room(signal?: AbortSignal): Promise<void>;
  /** The feed. One taker at a time. Asking for the next event says that the one before has been dealt with. */
  events(signal?: AbortSignal): AsyncGenerator<FeedEvent>;
  /** Says so for an event without asking for the next: its cursor is stored, its message confirmed as delivered. */
  taken(event: FeedEvent): void;
  /** Up to this message of that sender everything was on the screen. */
  seen(message: ConfirmedMessage): void;
  /** Up to this message of that sender everything came here otherwise than by the feed, from history. */
  received(message: ConfirmedMessage): void;
  history(signal?: AbortSignal): Promise<History>;
  /** Drops the connection as a lost network would; the client resumes by itself. */
  interrupt(): void;
  /** Waits until everything sent is settled and confirmed, then ends the stream in order and stores the cursor. */
  close(signal?: AbortSignal): Promise<void>;
}

export function openChatClient(dependencies: ChatClientDependencies): ChatClient {
  const { session, connectUrl, clock, random } = dependencies;
  const { store = createMemoryCursorStore(), start = 'now', deliveries = 'keep', queueCapacity = 1024 } = dependencies;
  const life = new AbortController();
  const serverTime = createServerTime(clock);
  const outbox = createOutbox(random, () => serverTime.nowMs());
  const confirmations = createConfirmations(session.userId);
  const writer = createCursorWriter(store, clock);
  const queue = createEventQueue<FeedEvent>(queueCapacity, () => stream?.resume());
  const welcomed = createDeferred<void>();
  welcomed.promise.catch(() => undefined);
  const position = createFeedPosition();
  let stream: Stream | undefined;
  let discovery: Discovery | undefined;
  let questions: { address: string; history: History } | undefined;
  let closing = false;
  let failures = 0;
  let unauthenticated = 0;

  const ask = async (signal: AbortSignal = life.signal): Promise<History> => {
    discovery ??= await discover({ connectUrl, token: await session.accessToken(signal), signal });
    if (questions?.address !== discovery.historyAddress) {
      await questions?.history[Symbol.asyncDispose]();
      const address = discovery.historyAddress;
      questions = { address, history: createHistory({ address, session, clock, random }) };
    }
    return questions.history;
  };
  const kick = (): void => stream?.kick();
  const sender = createSender({ outbox, session, clock, serverTime, random, ask, kick, signal: life.signal });

  const keep = (event: Event, from: FeedEvent['from']): boolean => {
    if (!position.admit(event.cursor)) return true;
    if (event.event?.$case === 'ack') sender.accepted(event.event.value);
    if (event.event?.$case === 'message' && event.event.value.senderId === session.userId) {
      sender.accepted(event.event.value);
    }
    return deliveries === 'ignore' || queue.put({ cursor: event.cursor, event: event.event, from });
  };
  const onFrame = (frame: OpenResponse): void => {
    let roomy = true;
    for (const event of frame.events) roomy = keep(event, 'feed') && roomy;
    if (!roomy) stream?.pause();
    for (const result of frame.results) sender.result(result);
  };
  const onWelcome = (welcome: Welcome, address: string): void => {
    failures = 0;
    unauthenticated = 0;
    if (position.cursor.length === 0) {
      position.move(welcome.cursor);
      if (deliveries === 'keep') writer.put(welcome.cursor);
    }
    welcomed.resolve();
    dependencies.onStatus?.({ kind: 'connected', serverId: welcome.serverId, address });
  };
  const backfill = async (): Promise<void> => {
    dependencies.onStatus?.({ kind: 'backfilling' });
    const fill = await startBackfill(await ask(), { after: position.cursor, signal: life.signal });
    for await (const event of fill.events()) if (!keep(event, 'history')) await queue.room(life.signal);
    position.filled(fill.watermark);
    if (deliveries === 'keep' && position.cursor.length > 0)
      queue.put({ cursor: position.cursor, event: undefined, from: 'history' });
  };
  const connectOnce = async (): Promise<Error | undefined> => {
    const token = await session.accessToken(life.signal);
    discovery ??= await discover({ connectUrl, token, signal: life.signal });
    const address = discovery.messagingAddress;
    const opened = runStream({
      address,
      token,
      cursor: position.cursor,
      session,
      clock,
      serverTime,
      outbox,
      confirmations,
      welcome: (welcome) => onWelcome(welcome, address),
      frame: onFrame,
    });
    stream = opened;
    const abort = (): void => opened.cancel();
    life.signal.addEventListener('abort', abort, { once: true });
    const error = await opened.ended;
    life.signal.removeEventListener('abort', abort);
    stream = undefined;
    return error;
  };
  const live = async (): Promise<void> => {
    const stored = await store.load();
    if (stored !== undefined) position.move(stored);
    let filling = stored === undefined && start === 'beginning';
    let renewing = false;
    while (!life.signal.aborted) {
      let error: unknown;
      try {
        if (renewing) await session.renew(life.signal);
        renewing = false;
        if (filling) await backfill();
        filling = false;
        error = await connectOnce();
        if (error === undefined && closing) return;
        error ??= new CecochatError('refresh', 'the connection was interrupted');
      } catch (caught) {
        error = caught;
      }
      life.signal.throwIfAborted();
      failures += 1;
      unauthenticated = error instanceof CecochatError && error.code === 'unauthenticated' ? unauthenticated + 1 : 0;
      const step = nextStep({ error: asError(error), failures, unauthenticated }, random);
      if (step.kind === 'stop') throw step.error;
      if (step.discover) discovery = undefined;
      if (step.backfill) filling = true;
      dependencies.onStatus?.({ kind: 'waiting', delayMs: step.delayMs, error: asError(error) });
      if (step.renew) renewing = true;
      await clock.sleep(step.delayMs, life.signal);
    }
  };
  const running = live().then(
    () => fail(undefined),
    (error: unknown) => fail(life.signal.aborted ? life.signal.reason : error),
  );
  const fail = (error: unknown): void => {
    const reason = error ?? new CecochatError('interrupted', 'the client was closed');
    welcomed.reject(reason);
    sender.fail(asError(reason));
    queue.close(closing || error === undefined ? undefined : asError(error));
  };
  const stop = async (): Promise<void> => {
    life.abort(new CecochatError('interrupted', 'the client was closed'));
    await running;
    dependencies.signal?.removeEventListener('abort', stopNow);
    await questions?.history[Symbol.asyncDispose]();
    await writer.flush();
  };
  const stopNow = (): void => life.abort(dependencies.signal?.reason);
  if (dependencies.signal?.aborted === true) stopNow();
  dependencies.signal?.addEventListener('abort', stopNow, { once: true });

  const taken = ({ cursor, event }: FeedEvent): void => {
    writer.put(cursor);
    if (event?.$case !== 'message' || event.value.senderId === session.userId) return;
    confirmations.received(event.value.chatId, event.value.senderId, event.value.messageId);
    stream?.kick();
  };

  return {
    session,
    get rttMs() {
      return stream?.rttMs;
    },
    connected: (signal) => orAborted(welcomed.promise, signal),
    send: (message) => sender.send(message),
    room: (signal) => sender.room(signal),
    async *events(signal) {
      for (let event = await queue.take(signal); event !== undefined; event = await queue.take(signal)) {
        if (event.event !== undefined) yield event;
        taken(event);
      }
    },
    taken,
    seen({ chatId, senderId, messageId }) {
      confirmations.seen(chatId, senderId, messageId);
      stream?.kick();
    },
    received({ chatId, senderId, messageId }) {
      confirmations.received(chatId, senderId, messageId);
      stream?.kick();
    },
    history: ask,
    interrupt: () => stream?.cancel(),
    async close(signal) {
      closing = true;
      await sender.settled(signal);
      for (let round = 0; round < 50 && confirmations.pending && stream !== undefined; round += 1)
        await clock.sleep(10, signal);
      stream?.end();
      await Promise.race([running, clock.sleep(1_000, life.signal).catch(() => undefined)]);
      await stop();
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      await stop();
    },
  };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const aborted = createDeferred<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
