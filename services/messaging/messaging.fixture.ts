/**
 * Messaging servers over embedded engines without a transport, and clients of theirs, for tests.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListenResponse, OpenResponse, SendMessageRequest } from '../../protos/gen/cecochat/v1/chat.ts';
import type { Event } from '../../protos/gen/cecochat/v1/message.ts';
import type { Backplane } from '../backplane/backplane.ts';
import { openEmbeddedBackplane } from '../backplane/embedded/embedded-backplane.ts';
import { openConfigWatcher } from '../config-db/config-watcher.ts';
import { seedValues } from '../config-db/dynamic-config-seed.ts';
import { configKeys } from '../config-db/dynamic-config.ts';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { CecochatError } from '../core/errors.ts';
import { makeSendKey, type ClientId, type UserId } from '../core/ids.ts';
import { createScope, type Scope } from '../core/lifecycle.ts';
import { systemRandom } from '../core/random.ts';
import { watchAttention } from '../core/time/attention.ts';
import { systemClock } from '../core/time/clock.ts';
import { createChat, type Chat } from './chat.ts';
import type { ChatSession } from './chat-session.ts';
import type { ChatStream } from './chat-stream.ts';
import type { Outlet } from './client-stream.ts';
import { createCounters } from './counters.ts';
import { createFeeds } from './feeds.ts';
import { foldStartFrom } from './fold-start.ts';
import { openPartitions, type Partitions } from './partitions.ts';
import { decodeOpenFrame } from './request-wire.ts';
import { createSendLimits } from './send-limits.ts';
import { createStreamHost } from './stream-host.ts';

export const partitionCount = 8;
export const bob = 1n as UserId;
export const alice = 2n as UserId;

export interface Server extends AsyncDisposable {
  readonly chat: Chat;
  /** Lets time pass for its streams. */
  readonly pass: (ms: number) => void;
}

export interface ServerOptions {
  /** Every partition of the log that the server has to do with, each time. */
  readonly touched?: (partition: number) => void;
  readonly tailBytes?: number;
  /** Whoever asks for the bounds of a log waits for this. */
  readonly beforeBounds?: (partition: number) => Promise<void> | undefined;
}

export interface Rig extends AsyncDisposable {
  readonly scope: Scope;
  start(serverId: string, options?: ServerOptions): Promise<Server>;
  assign(ranges: Record<string, string>): Promise<void>;
}

/** `partitions`: of the log; eight where nothing is said. */
export async function openRig({ partitions = partitionCount } = {}): Promise<Rig> {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-messaging-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = systemClock;
  const backplane = scope.use(
    await openEmbeddedBackplane({ folder: join(folder, 'b'), partitionCount: partitions, clock }),
  );
  const configDb = scope.use(await openEmbeddedConfigDb({ folder: join(folder, 'c'), clock }));
  const seeded = seedValues(await configDb.read(), { partitionCount: partitions, messagingServerIds: ['s1'] });
  await configDb.apply({ expectedVersion: 0, author: 'test', values: seeded });
  return {
    scope,
    async assign(ranges) {
      const { version } = await configDb.read();
      const values = new Map([[configKeys.serverPartitions as string, ranges]]);
      await configDb.apply({ expectedVersion: version, author: 'test', values });
    },
    async start(serverId, options = {}) {
      const own = createScope();
      let partitions: Partitions | undefined;
      const config = own.use(await openConfigWatcher({ configDb, clock, changed: () => partitions?.reconcile() }));
      const counters = createCounters();
      const log = watched(backplane, options);
      const foldStart = foldStartFrom(log);
      const feeds = createFeeds({ backplane: log, foldStart, tailBytes: options.tailBytes ?? 1_000_000 });
      let aheadMs = 0;
      const attention = own.use(watchAttention(clock));
      const host = createStreamHost({
        clock,
        attention: { attendedMs: () => attention.attendedMs() + aheadMs },
        feeds,
        counters,
        limits: { queueMessages: 256, queueBytes: 1_000_000 },
      });
      const opened = await openPartitions(
        {
          serverId,
          instanceId: `${serverId}-1`,
          leaseMs: 5000,
          backplane: log,
          configDb,
          config: () => config.current(),
          clock,
          random: systemRandom,
          feeds,
          counters,
          appended: () => undefined,
          report: () => undefined,
        },
        new AbortController().signal,
      );
      partitions = own.use(opened);
      opened.reconcile();
      const chat = createChat({
        serverId,
        host,
        owner: opened.owner,
        sendLimits: createSendLimits(() => clock.monotonicMs()),
        defaultLimits: { sendsPerSecond: 10_000, sendsBurst: 10_000, sendsInFlight: 10_000 },
        ownedPartition: (user) => opened.ownedPartition(user),
        verify: () => Promise.reject(new CecochatError('unauthenticated', 'no')),
      });
      const server: Server = {
        chat,
        pass: (ms) => void (aheadMs += ms),
        [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
      };
      return scope.use(server);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function watched(backplane: Backplane, { touched, beforeBounds }: ServerOptions): Backplane {
  return {
    ...backplane,
    append(partition, values) {
      touched?.(partition);
      return backplane.append(partition, values);
    },
    async bounds(partition) {
      touched?.(partition);
      await beforeBounds?.(partition);
      return await backplane.bounds(partition);
    },
    read(partition, from, limits) {
      touched?.(partition);
      return backplane.read(partition, from, limits);
    },
    active(partitions, withinMs) {
      for (const partition of partitions) touched?.(partition);
      return backplane.active(partitions, withinMs);
    },
    openTail(handler) {
      const tail = backplane.openTail(handler);
      return {
        ...tail,
        assign(partition, from) {
          touched?.(partition);
          tail.assign(partition, from);
        },
      };
    },
  };
}

export function session(userId: UserId, device = 1): ChatSession {
  const clientId = `00000000-0000-4000-8000-0000000${String(device).padStart(5, '0')}` as ClientId;
  return { userId, clientId, expiresAtMs: systemClock.nowMs() + 60_000, limits: undefined };
}

/** A client's end of a stream: takes every frame at once, or none while it is stopped. */
export class Client implements Outlet {
  readonly events: Event[] = [];
  readonly results: OpenResponse['results'] = [];
  welcome: OpenResponse['welcome'];
  ended: { error: CecochatError | undefined } | undefined;
  stopped = false;
  stream: ChatStream | undefined;
  readonly #listens: boolean;
  #wake: () => void = () => undefined;

  constructor(kind: 'chat' | 'listen' = 'chat') {
    this.#listens = kind === 'listen';
  }

  write(frame: Buffer, sent: () => void): void {
    if (this.#listens) this.events.push(...ListenResponse.decode(frame).events);
    else {
      const response = OpenResponse.decode(frame);
      this.welcome ??= response.welcome;
      this.events.push(...response.events);
      this.results.push(...response.results);
    }
    if (!this.stopped) setImmediate(sent);
    this.#wake();
  }

  end(error: CecochatError | undefined): void {
    this.ended ??= { error };
    this.#wake();
  }

  async until(condition: (client: Client) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  get texts(): string[] {
    return this.events.map(describeEvent);
  }

  get cursor(): Buffer {
    return this.events.at(-1)?.cursor ?? this.welcome?.cursor ?? Buffer.alloc(0);
  }
}

function describeEvent({ event }: Event): string {
  if (event?.$case === 'ack') return `ack`;
  if (event?.$case === 'receipt') return `receipt ${event.value.deliveredUpTo > 0n}`;
  const body = event?.value.content?.body;
  return body?.$case === 'text' ? body.value : '?';
}

/** Like every client it asks again while the server still takes the partition over. */
export async function open(server: Server, who: ChatSession, cursor: Buffer = Buffer.alloc(0)): Promise<Client> {
  const client = new Client();
  while (client.stream === undefined) {
    try {
      client.stream = await server.chat.open(cursor, who, client);
    } catch (error) {
      if (!(error instanceof CecochatError && error.code === 'server.not_ready')) throw error;
    }
  }
  await client.until(({ welcome }) => welcome !== undefined);
  return client;
}

export function newKey(): string {
  return makeSendKey(systemClock.nowMs(), systemRandom.bytes(10));
}

export function send(to: bigint, text: string, key = newKey()): Buffer {
  return Buffer.from(
    SendMessageRequest.encode({
      to,
      chatId: '',
      content: { kind: 1, body: { $case: 'text', value: text } },
      key,
      previousKey: '',
      targetId: 0n,
    }).finish(),
  );
}

export function say(client: Client, ...requests: Buffer[]): void {
  const frame = Buffer.concat(requests.map((request) => Buffer.concat([Buffer.from([0x12, request.length]), request])));
  client.stream?.receive(decodeOpenFrame(frame), false);
}
