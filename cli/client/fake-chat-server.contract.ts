/**
 * A chat server as clients see it, in memory: one user's feed, history, connect. Tests make it refuse, lose
 * answers, end streams and forget old records.
 */
import { createServer } from 'node:http';
import { Metadata, Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  ChatService,
  SendService,
  type SendMessageRequest,
  type SendMessageResponse,
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
import { parseClientId, parseUserId, type ClientId, type UserId } from '../../services/core/ids.ts';
import { createScope } from '../../services/core/lifecycle.ts';
import { decodeCursor, encodeCursor } from '../../services/core/log/cursor.ts';
import { textContent } from './sender.ts';

const incarnation = '018f0000-0000-7000-8000-000000000001';
export const bob = userId('1');
export const alice = userId('2');
export const clientId = client('11111111-1111-4111-8111-111111111111');
export const cursorAt = (offset: number): Buffer => encodeCursor({ incarnation, offset });

export interface FakeServer extends AsyncDisposable {
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
  /** So many of the newest events are not in the history yet. */
  historyLag: number;
  refuseTokens: (token: string) => boolean;
  /** What the welcome says; 0 says nothing. */
  serverTimeMs: number;
  push(text: string): void;
  cut(code?: 'refresh' | 'slow.consumer' | 'feed.expired'): void;
}

export async function startFake(): Promise<FakeServer> {
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
          const rest = { tokenEndsMs: 0n, limits };
          const welcome = { serverId: 's1', serverTimeMs: BigInt(fake.serverTimeMs), cursor: cursorAt(after), ...rest };
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
  server.addService(SendService, {
    sendMessage(
      { request: { key, previousKey } }: { request: SendMessageRequest },
      done: (error: Error | null, answer?: SendMessageResponse) => void,
    ) {
      fake.came.push({ key, previousKey });
      const answer = fake.onSend(key, fake.came.filter((send) => send.key === key).length);
      if (answer === 'cut') {
        accept(key);
        done(faultOf('engine.unavailable'));
      } else if (answer?.result?.$case === 'refused') {
        const { code, serverTimeMs } = answer.result.value;
        done(faultOf(code, { serverTimeMs: String(serverTimeMs) }));
      } else {
        const messageId = accept(key);
        const rest = { position: cursorAt(Number(messageId) - 1), serverTimeMs: 0n };
        done(null, { key, messageId, order: messageId, chatId: '1-2', ...rest });
      }
    },
  });
  server.addService(HistoryService, {
    getUserHistory(call: { request: { before: Buffer } }, done: (error: null, answer: GetUserHistoryResponse) => void) {
      const end = fake.feed.length - fake.historyLag;
      const before = decodeCursor(call.request.before)?.offset ?? end;
      const from = Math.max(0, before - fake.pageSize);
      const events = fake.feed.slice(from, before).toReversed();
      done(null, { events, watermark: cursorAt(end - 1), end: from === 0 });
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
    historyLag: 0,
    refuseTokens: () => false,
    serverTimeMs: 0,
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

export function refusal(key: string, code: string, serverTimeMs = 0): SendResult {
  const value = { code, retry: 'never', detail: '', serverTimeMs: BigInt(serverTimeMs), position: Buffer.alloc(0) };
  return { key, result: { $case: 'refused', value } };
}

function faultOf(code: string, facts: Record<string, string> = {}): Error {
  const info = Buffer.from(ErrorInfo.encode({ reason: code, domain: 'cecochat', metadata: facts }).finish());
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
