/**
 * The work of messaging servers over embedded engines, without a transport: what clients send and get.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ListenResponse,
  OpenResponse,
  SendMessageRequest,
  SendMessageResponse,
} from '../../protos/gen/cecochat/v1/chat.ts';
import type { Event } from '../../protos/gen/cecochat/v1/message.ts';
import { openEmbeddedBackplane } from '../backplane/embedded/embedded-backplane.ts';
import { openConfigWatcher } from '../config-db/config-watcher.ts';
import { seedValues } from '../config-db/dynamic-config-seed.ts';
import { configKeys } from '../config-db/dynamic-config.ts';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { CecochatError } from '../core/errors.ts';
import { makeSendKey, type ClientId, type UserId } from '../core/ids.ts';
import { createScope, type Scope } from '../core/lifecycle.ts';
import { partitionOf } from '../core/partitioning.ts';
import { systemRandom } from '../core/random.ts';
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

const partitionCount = 8;
const bob = 1n as UserId;
const alice = 2n as UserId;

interface Server extends AsyncDisposable {
  readonly chat: Chat;
  /** Lets time pass for its streams. */
  readonly pass: (ms: number) => void;
}

interface Rig extends AsyncDisposable {
  readonly scope: Scope;
  start(serverId: string, options?: { tailBytes?: number }): Promise<Server>;
  assign(ranges: Record<string, string>): Promise<void>;
}

async function openRig(): Promise<Rig> {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-messaging-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = systemClock;
  const backplane = scope.use(await openEmbeddedBackplane({ folder: join(folder, 'b'), partitionCount, clock }));
  const configDb = scope.use(await openEmbeddedConfigDb({ folder: join(folder, 'c'), clock }));
  const seeded = seedValues(await configDb.read(), { partitionCount, messagingServerIds: ['s1'] });
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
      const foldStart = foldStartFrom(backplane);
      const feeds = createFeeds({ backplane, foldStart, tailBytes: options.tailBytes ?? 1_000_000 });
      let aheadMs = 0;
      const ahead = { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs };
      const host = createStreamHost({
        clock: ahead,
        feeds,
        counters,
        limits: { queueMessages: 256, queueBytes: 1_000_000 },
      });
      const opened = await openPartitions(
        {
          serverId,
          instanceId: `${serverId}-1`,
          leaseMs: 5000,
          backplane,
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

function session(userId: UserId, device = 1): ChatSession {
  const clientId = `00000000-0000-4000-8000-0000000${String(device).padStart(5, '0')}` as ClientId;
  return { userId, clientId, expiresAtMs: systemClock.nowMs() + 60_000, limits: undefined };
}

/** A client's end of a stream: takes every frame at once, or none while it is stopped. */
class Client implements Outlet {
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

async function open(server: Server, who: ChatSession, cursor: Buffer = Buffer.alloc(0)): Promise<Client> {
  const client = new Client();
  client.stream = await server.chat.open(cursor, who, client);
  await client.until(({ welcome }) => welcome !== undefined);
  return client;
}

function newKey(): string {
  return makeSendKey(systemClock.nowMs(), systemRandom.bytes(10));
}

function send(to: bigint, text: string, key = newKey()): Buffer {
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

function say(client: Client, ...requests: Buffer[]): void {
  const frame = Buffer.concat(requests.map((request) => Buffer.concat([Buffer.from([0x12, request.length]), request])));
  client.stream?.receive(decodeOpenFrame(frame), false);
}

describe('messaging', () => {
  test('a send is acknowledged to its client and shown to the receiver and to the second device', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const sender = await open(server, session(bob));
    const second = await open(server, session(bob, 2));
    const receiver = await open(server, session(alice));
    say(sender, send(alice, 'hello'));
    await sender.until(({ events }) => events.length === 1);
    await second.until(({ events }) => events.length === 1);
    await receiver.until(({ events }) => events.length === 1);
    expect([sender.texts, second.texts, receiver.texts]).toEqual([['ack'], ['hello'], ['hello']]);
  });

  test('a unary send answers with the message id, and a retry with the same key gets the same one', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const request = send(alice, 'once');
    const first = SendMessageResponse.decode(await server.chat.sendMessage(request, session(bob)));
    const again = SendMessageResponse.decode(await server.chat.sendMessage(request, session(bob)));
    expect(first.chatId).toBe('1-2');
    expect(again.messageId).toBe(first.messageId);
    const listener = new Client('listen');
    const device = session(bob);
    await server.chat.listen(Buffer.alloc(0), device, listener);
    await server.chat.sendMessage(send(alice, 'next'), device);
    await listener.until(({ events }) => events.length === 1);
    expect(listener.texts).toEqual(['next']);
  });

  test.each([
    ['from memory', 1_000_000],
    ['from the log', 1_024],
  ])('a client that resumes gets everything after its cursor, in order: %s', async (_, tailBytes) => {
    await using rig = await openRig();
    const server = await rig.start('s1', { tailBytes });
    const first = await open(server, session(alice));
    const sender = await open(server, session(bob));
    say(sender, send(alice, '0'));
    await first.until(({ events }) => events.length === 1);
    const { cursor } = first;
    first.stream?.stream.gone();
    const texts = Array.from({ length: 700 }, (_value, index) => `${index + 1}`);
    for (const text of texts) say(sender, send(alice, text));
    await sender.until(({ events }) => events.length === 701);
    const resumed = await open(server, session(alice), cursor);
    await resumed.until(({ events }) => events.length >= 700);
    say(sender, send(alice, 'live'));
    await resumed.until(({ events }) => events.length >= 701);
    expect(resumed.texts).toEqual([...texts, 'live']);
  });

  test('a client that stops reading ends with slow.consumer, and the others go on', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const stuck = await open(server, session(alice));
    const other = await open(server, session(alice, 2));
    const sender = await open(server, session(bob));
    stuck.stopped = true;
    say(sender, send(alice, 'first'));
    await other.until(({ events }) => events.length === 1);
    server.pass(1_000);
    for (let index = 0; index < 300; index += 1) say(sender, send(alice, `${index}`));
    await stuck.until(({ ended }) => ended !== undefined);
    await other.until(({ events }) => events.length === 301);
    expect(stuck.ended?.error?.code).toBe('slow.consumer');
    expect(other.ended).toBeUndefined();
  });

  test('a moved partition ends its streams with refresh, and the client goes on at the new server', async () => {
    await using rig = await openRig();
    const [one, two] = [await rig.start('s1'), await rig.start('s2')];
    const receiver = await open(one, session(alice));
    const sender = await open(one, session(bob));
    say(sender, send(alice, 'before'));
    await receiver.until(({ events }) => events.length === 1);
    const moved = partitionOf(alice, partitionCount);
    const rest = Array.from({ length: partitionCount }, (_, index) => index).filter((index) => index !== moved);
    await rig.assign({ s1: rest.join(','), s2: String(moved) });
    await receiver.until(({ ended }) => ended !== undefined);
    expect(receiver.ended?.error?.code).toBe('refresh');
    await expect(open(one, session(alice))).rejects.toMatchObject({ code: 'partition.not_owned' });
    const resumed = await open(two, session(alice), receiver.cursor);
    say(sender, send(alice, 'after'));
    await resumed.until(({ events }) => events.length === 1);
    expect(resumed.texts).toEqual(['after']);
  });

  test('a cursor that was never given out is refused', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    await expect(open(server, session(bob), Buffer.from('garbage'))).rejects.toMatchObject({ code: 'cursor.invalid' });
    const client = await open(server, session(bob));
    const beyond = Buffer.from(client.cursor);
    beyond.writeUIntBE(1_000_000, 17, 6);
    await expect(open(server, session(bob), beyond)).rejects.toMatchObject({ code: 'cursor.invalid' });
    const other = Buffer.from(client.cursor);
    other[3] = (other[3] ?? 0) ^ 1;
    await expect(open(server, session(bob), other)).rejects.toMatchObject({ code: 'feed.expired' });
  });
});
