import { createServer } from 'node:http';
import { Metadata, Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  ChatService,
  type OpenRequest,
  type OpenResponse,
  type SendResult,
} from '../../protos/gen/cecochat/v1/chat.ts';
import {
  HistoryService,
  type GetByKeyResponse,
  type GetUserHistoryResponse,
} from '../../protos/gen/cecochat/v1/history.ts';
import type { Event, Receipt } from '../../protos/gen/cecochat/v1/message.ts';
import { ErrorInfo } from '../../protos/gen/google/rpc/error_details.ts';
import { Status } from '../../protos/gen/google/rpc/status.ts';
import { CecochatError } from '../../services/core/errors.ts';
import { parseClientId, parseUserId, type ClientId, type UserId } from '../../services/core/ids.ts';
import { createScope } from '../../services/core/lifecycle.ts';
import { decodeCursor, encodeCursor } from '../../services/core/log/cursor.ts';
import { seededRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import { openChatClient, type ChatClient, type ChatClientDependencies, type FeedEvent } from './chat-client.ts';
import { createMemoryCursorStore } from './cursor-store.ts';
import { textContent } from './sender.ts';
import { openSession } from './session.ts';

const incarnation = '018f0000-0000-7000-8000-000000000001';
const bob = userId('1');
const alice = userId('2');
const clientId = client('11111111-1111-4111-8111-111111111111');
const cursorAt = (offset: number): Buffer => encodeCursor({ incarnation, offset });

interface FakeServer extends AsyncDisposable {
  readonly connectUrl: string;
  /** The feed of the one user that it knows. */
  readonly feed: Event[];
  readonly confirmed: Receipt[];
  readonly opened: { cursor: Buffer; token: string }[];
  /** Keys in the order in which they came, with their previous keys. */
  readonly came: { key: string; previousKey: string }[];
  /** Answers a send otherwise than by accepting it: a result, or 'cut' (accept it, say nothing, end the stream). */
  onSend: (key: string, times: number) => SendResult | 'cut' | undefined;
  onByKey: (key: string) => GetByKeyResponse;
  /** Cursors before this offset get feed.expired. */
  firstOffset: number;
  /** History's page size. */
  pageSize: number;
  refuseTokens: (token: string) => boolean;
  push(text: string): void;
  cut(code?: 'refresh' | 'slow.consumer'): void;
}

async function startFake(): Promise<FakeServer> {
  const scope = createScope();
  const streams = new Set<ServerDuplexStream<OpenRequest, OpenResponse>>();
  const keys = new Map<string, bigint>();
  const times = new Map<string, number>();
  const server = new Server();
  const write = (call: ServerDuplexStream<OpenRequest, OpenResponse>, frame: Partial<OpenResponse>): void =>
    void call.write({ welcome: undefined, events: [], results: [], pong: undefined, ...frame });
  const append = (event: Event['event']): void => {
    const entry = { cursor: cursorAt(fake.feed.length), feed: 0n, event };
    fake.feed.push(entry);
    for (const call of streams) write(call, { events: [entry] });
  };
  const accept = (key: string): bigint => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const messageId = BigInt(fake.feed.length + 1);
    keys.set(key, messageId);
    append({ $case: 'ack', value: { key, messageId, order: messageId, chatId: '1-2' } });
    return messageId;
  };
  const onSend = (call: ServerDuplexStream<OpenRequest, OpenResponse>, key: string): void => {
    const count = (times.get(key) ?? 0) + 1;
    times.set(key, count);
    const answer = fake.onSend(key, count);
    if (answer === 'cut') {
      streams.delete(call);
      accept(key);
      call.emit('error', faultOf('refresh'));
    } else if (answer !== undefined) write(call, { results: [answer] });
    else if (keys.has(key)) {
      const messageId = accept(key);
      const ack = { key, messageId, order: messageId, chatId: '1-2' };
      write(call, { results: [{ key, result: { $case: 'accepted', value: ack } }] });
    } else accept(key);
  };
  server.addService(ChatService, {
    open(call: ServerDuplexStream<OpenRequest, OpenResponse>) {
      call.on('error', () => streams.delete(call));
      call.on('end', () => call.end());
      call.on('close', () => streams.delete(call));
      call.on('data', (frame: OpenRequest) => {
        if (frame.hello !== undefined) {
          const { cursor } = frame.hello;
          const token = String(call.metadata.get('authorization')[0]).slice('Bearer '.length);
          fake.opened.push({ cursor, token });
          if (fake.refuseTokens(token)) {
            call.emit('error', faultOf('unauthenticated'));
            return;
          }
          const after = cursor.length === 0 ? fake.feed.length - 1 : (decodeCursor(cursor)?.offset ?? -1);
          if (after + 1 < fake.firstOffset) {
            call.emit('error', faultOf('feed.expired'));
            return;
          }
          const limits = { messageBytes: 8192, sendsInFlight: 64, sendsPerSecond: 0, sendsBurst: 0 };
          const welcome = { serverId: 's1', serverTimeMs: 0n, cursor: cursorAt(after), tokenEndsMs: 0n, limits };
          write(call, { welcome });
          const missed = fake.feed.slice(after + 1);
          if (missed.length > 0) write(call, { events: missed });
          streams.add(call);
        }
        for (const { key, previousKey } of frame.sends) {
          if (!streams.has(call)) return;
          fake.came.push({ key, previousKey });
          onSend(call, key);
        }
        fake.confirmed.push(...frame.confirmations);
      });
    },
  });
  server.addService(HistoryService, {
    getUserHistory(call: { request: { before: Buffer } }, done: (error: null, answer: GetUserHistoryResponse) => void) {
      const before = decodeCursor(call.request.before)?.offset ?? fake.feed.length;
      const from = Math.max(0, before - fake.pageSize);
      const events = fake.feed.slice(from, before).toReversed();
      done(null, { events, watermark: cursorAt(fake.feed.length - 1), end: from === 0 });
    },
    getByKey(call: { request: { key: string } }, done: (error: null, answer: GetByKeyResponse) => void) {
      done(null, fake.onByKey(call.request.key));
    },
    getDialogHistory: () => undefined,
    getChats: () => undefined,
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  scope.defer(() => server.forceShutdown());
  const address = `127.0.0.1:${port}`;
  const connect = createServer((_request, response) => {
    response.end(JSON.stringify({ messagingAddress: address, messagingServerId: 's1', historyAddress: address }));
  });
  await new Promise<void>((resolve) => void connect.listen(0, '127.0.0.1', resolve));
  scope.defer(() => connect.closeAllConnections());
  scope.defer(() => void connect.close());
  const bound = connect.address();
  const fake: FakeServer = {
    connectUrl: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    feed: [],
    confirmed: [],
    opened: [],
    came: [],
    onSend: () => undefined,
    onByKey: () => ({ message: undefined, watermark: Buffer.alloc(0), final: true }),
    firstOffset: 0,
    pageSize: 3,
    refuseTokens: () => false,
    push(text) {
      const messageId = BigInt(fake.feed.length + 1);
      const content = textContent(text);
      const rest = { chatId: '1-2', senderId: alice, clientId: '', key: `key ${text}`, targetId: 0n };
      append({ $case: 'message', value: { messageId, order: messageId, content, ...rest } });
    },
    cut(code = 'refresh') {
      for (const call of streams) {
        streams.delete(call);
        call.emit('error', faultOf(code));
      }
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
  return fake;
}

describe('a chat client', () => {
  test('shows what comes, once and in order, across lost connections', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    await chat.connected();
    const shown = take(chat, 6);
    fake.push('a');
    fake.push('b');
    fake.cut();
    fake.push('c');
    await until(() => fake.opened.length === 2);
    fake.push('d');
    fake.cut('slow.consumer');
    fake.push('e');
    fake.push('f');
    expect(textsOf(await shown)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('sends in order with the key of the send before', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    const sends = await Promise.all(
      ['a', 'b', 'c'].map((text) => chat.send({ to: alice, content: textContent(text) })),
    );
    expect(sends.map(({ messageId }) => messageId)).toEqual([1n, 2n, 3n]);
    expect(fake.came.map(({ previousKey }) => previousKey)).toEqual(['', sends[0]?.key, sends[1]?.key]);
  });

  test('gives a send whose answer was lost its first message, under the same key', async () => {
    await using fake = await startFake();
    fake.onSend = (_key, times) => (times === 1 && fake.came.length === 2 ? 'cut' : undefined);
    await using chat = open(fake);
    const sends = await Promise.all(
      ['a', 'b', 'c'].map((text) => chat.send({ to: alice, content: textContent(text) })),
    );
    expect(sends.map(({ messageId }) => messageId)).toEqual([1n, 2n, 3n]);
    expect(fake.feed).toHaveLength(3);
  });

  test('a final refusal rejects that send only, and the next does not refer to it', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => (fake.came.length === 1 ? refusal(key, 'message.too_large') : undefined);
    await using chat = open(fake);
    await expect(chat.send({ to: alice, content: textContent('a') })).rejects.toMatchObject({
      code: 'message.too_large',
    });
    await chat.send({ to: alice, content: textContent('b') });
    expect(fake.came.at(-1)?.previousKey).toBe('');
  });

  test('sends anew under a new key when history is certain that an expired key became nothing', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => (fake.came.length === 1 ? refusal(key, 'send.expired') : undefined);
    await using chat = open(fake);
    const { key, messageId } = await chat.send({ to: alice, content: textContent('a') });
    expect(messageId).toBe(1n);
    expect(fake.came.map((send) => send.key).indexOf(key)).toBe(1);
  });

  test('takes the message that history knows for an expired key', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => refusal(key, 'send.expired');
    fake.onByKey = (key) => ({
      message: {
        messageId: 77n,
        order: 77n,
        chatId: '1-2',
        senderId: bob,
        clientId,
        key,
        targetId: 0n,
        content: textContent('a'),
      },
      watermark: Buffer.alloc(0),
      final: true,
    });
    await using chat = open(fake);
    await expect(chat.send({ to: alice, content: textContent('a') })).resolves.toMatchObject({ messageId: 77n });
  });

  test('fills from history what the feed no longer has, then goes on live', async () => {
    await using fake = await startFake();
    for (const text of 'abcdefgh') fake.push(text);
    fake.firstOffset = 7;
    await using chat = open(fake, { store: createMemoryCursorStore(cursorAt(1)) });
    await until(() => fake.opened.length === 2);
    fake.push('i');
    expect(textsOf(await take(chat, 7))).toEqual(['c', 'd', 'e', 'f', 'g', 'h', 'i']);
  });

  test('without a cursor shows everything from the beginning when asked to', async () => {
    await using fake = await startFake();
    for (const text of 'abcdefg') fake.push(text);
    await using chat = open(fake, { start: 'beginning' });
    await chat.connected();
    fake.push('h');
    expect(textsOf(await take(chat, 8))).toEqual([...'abcdefgh']);
  });

  test('stores only the cursor of what was taken', async () => {
    await using fake = await startFake();
    const store = createMemoryCursorStore(cursorAt(-1));
    const chat = open(fake, { store });
    await chat.connected();
    for (const text of 'abc') fake.push(text);
    for await (const event of chat.events()) if (textsOf([event])[0] === 'b') break;
    await chat.close();
    expect(await store.load()).toEqual(cursorAt(0));
  });

  test('confirms the highest taken message, and again after each connect', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    await chat.connected();
    fake.push('a');
    fake.push('b');
    for (const event of await take(chat, 2)) chat.taken(event);
    await until(() => fake.confirmed.some(({ deliveredUpTo }) => deliveredUpTo === 2n));
    const before = fake.confirmed.length;
    fake.cut();
    await until(() => fake.confirmed.length > before);
    expect(fake.confirmed.at(-1)).toMatchObject({ chatId: '1-2', senderId: alice, readerId: bob, deliveredUpTo: 2n });
  });

  test('renews a token that the server refuses, once', async () => {
    await using fake = await startFake();
    fake.refuseTokens = () => true;
    await using chat = open(fake);
    await expect(chat.connected()).rejects.toMatchObject({ code: 'login.failed' });
    expect(fake.opened).toHaveLength(1);
  });

  test('closing waits for what is on its way', async () => {
    await using fake = await startFake();
    const chat = open(fake, { deliveries: 'ignore' });
    const sends = Array.from({ length: 200 }, (_, index) => chat.send({ to: alice, content: textContent(`${index}`) }));
    await chat.close();
    expect((await Promise.all(sends)).map(({ messageId }) => messageId)).toEqual(
      sends.map((_, index) => BigInt(index + 1)),
    );
  });
});

function open(fake: FakeServer, more: Partial<ChatClientDependencies> = {}): ChatClient {
  const tokens = {
    accessToken: 'token',
    refreshToken: undefined,
    expiresAtMs: 2 ** 43,
    userId: bob,
    clientId,
    name: 'bob',
  };
  const session = openSession(tokens, { profileUrl: 'http://127.0.0.1:9', clock: systemClock });
  const renewing = {
    ...session,
    renew: () => Promise.reject(new CecochatError('login.failed', 'the password is wrong')),
  };
  const { connectUrl } = fake;
  return openChatClient({ session: renewing, connectUrl, clock: systemClock, random: seededRandom(1), ...more });
}

async function take(chat: ChatClient, count: number): Promise<FeedEvent[]> {
  const taken: FeedEvent[] = [];
  for await (const event of chat.events()) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

function textsOf(events: readonly FeedEvent[]): string[] {
  return events.flatMap(({ event }) =>
    event?.$case === 'message' && event.value.content?.body?.$case === 'text' ? [event.value.content.body.value] : [],
  );
}

async function until(good: () => boolean): Promise<void> {
  while (!good()) await systemClock.sleep(2, AbortSignal.timeout(5_000));
}

function refusal(key: string, code: string): SendResult {
  const value = { code, retry: 'never', detail: '', serverTimeMs: 0n, position: Buffer.alloc(0) };
  return { key, result: { $case: 'refused', value } };
}

function faultOf(code: string): Error {
  const info = Buffer.from(ErrorInfo.encode({ reason: code, domain: 'cecochat', metadata: {} }).finish());
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(Status.encode({ code: 14, message: code, details }).finish()));
  return Object.assign(new Error(code), { code: status.UNAVAILABLE, details: code, metadata });
}

function userId(text: string): UserId {
  const id = parseUserId(text);
  if (id === undefined) throw new Error(`${text} is no user id`);
  return id;
}

function client(text: string): ClientId {
  const id = parseClientId(text);
  if (id === undefined) throw new Error(`${text} is no client id`);
  return id;
}
