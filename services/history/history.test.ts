/** The answers of history over the embedded history database, and their bytes against the generated code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  GetByKeyResponse,
  GetChatsResponse,
  GetDialogHistoryResponse,
  GetUserHistoryResponse,
} from '../../protos/gen/cecochat/v1/history.ts';
import { Message, Receipt } from '../../protos/gen/cecochat/v1/message.ts';
import { dialogOf } from '../core/chat-id.ts';
import { CecochatError } from '../core/errors.ts';
import { makeSendKey, parseClientId, parseMessageId, parseUserId } from '../core/ids.ts';
import { createScope } from '../core/lifecycle.ts';
import { encodeCursor } from '../core/log/cursor.ts';
import { emptyState } from '../core/log/fold.ts';
import { partitionOf } from '../core/partitioning.ts';
import { seededRandom } from '../core/random.ts';
import { openEmbeddedHistoryDb } from '../history-db/embedded/embedded-history-db.ts';
import type { HistoryRow } from '../history-db/history-db.ts';
import { encodeChats, encodeDialogHistory, encodeFound, encodeUserHistory } from './answer-wire.ts';
import { createHistory } from './history.ts';

const partitionCount = 4;
const incarnation = '01900000-0000-7000-8000-000000000000';
const random = seededRandom(1);

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test is wrong');
  return value;
}

const bob = given(parseUserId(1n));
const alice = given(parseUserId(2n));
const eve = given(parseUserId(3n));
const { chatId } = given(dialogOf(bob, alice));
const clientId = given(parseClientId('00000000-0000-4000-8000-000000000001'));
const keys = Array.from({ length: 10 }, (_, index) => makeSendKey(1_700_000_000_000 + index, random.bytes(10)));

/** Message n of bob to alice, at offset n of alice's feed. */
function row(n: number): HistoryRow {
  const messageId = given(parseMessageId(BigInt(1000 + n)));
  const key = given(keys[n]);
  const message = Message.encode({ ...Message.decode(Buffer.alloc(0)), messageId, chatId, key }).finish();
  const head = { chatId, messageId, order: messageId, senderId: bob, clientId, key, message };
  return { kind: 'message', owner: alice, position: { incarnation, offset: n }, ...head };
}

async function openHistory(count: number) {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-history-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const historyDb = scope.use(await openEmbeddedHistoryDb({ folder }));
  const body = { chatId, readerId: alice, senderId: bob, deliveredUpTo: 1001n, seenUpTo: 0n };
  const receipt = Receipt.encode(body).finish();
  const confirmed: HistoryRow = {
    ...body,
    kind: 'receipt',
    owner: alice,
    position: { incarnation, offset: count },
    receipt,
  };
  const rows = [...Array.from({ length: count }, (_, n) => row(n)), confirmed];
  const watermark = { next: { incarnation, offset: count + 1 }, state: { ...emptyState, incarnation } };
  await historyDb.write([
    { partition: partitionOf(alice, partitionCount), rows, watermark },
    { partition: partitionOf(bob, partitionCount), rows: [], watermark },
  ]);
  const history = createHistory({
    historyDb,
    partitionCount,
    config: () => ({ userMessageCount: 4, dialogMessageCount: 3 }),
  });
  return { history, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

const none = Buffer.alloc(0);
const dialog = { chatId: '', with: 0n, before: 0n, limit: 0 };

describe('history', () => {
  test('a user history comes newest first, in pages, with everything up to the watermark', async () => {
    await using rig = await openHistory(6);
    const read = async (before: Buffer, limit: number) =>
      GetUserHistoryResponse.decode(encodeUserHistory(await rig.history.userHistory(alice, { before, limit })));
    const first = await read(none, 100);
    expect(first.events.map(({ event }) => event?.$case)).toEqual(['receipt', 'message', 'message', 'message']);
    expect(first.watermark).toEqual(encodeCursor({ incarnation, offset: 6 }));
    expect(first.events[0]?.cursor).toEqual(first.watermark);
    expect(first.end).toBe(false);
    const second = await read(given(first.events.at(-1)).cursor, 0);
    const ids = second.events.map(({ event }) => (event?.$case === 'message' ? event.value.messageId : 0n));
    expect(ids).toEqual([1002n, 1001n, 1000n]);
    expect(second.end).toBe(true);
  });

  test('a dialog comes by its id or by its other member, in pages by order', async () => {
    await using rig = await openHistory(5);
    const read = async (asked: Partial<typeof dialog>) =>
      GetDialogHistoryResponse.decode(
        encodeDialogHistory(await rig.history.dialogHistory(alice, { ...dialog, ...asked })),
      );
    const first = await read({ with: bob, limit: 50 });
    expect(first.messages.map(({ messageId }) => messageId)).toEqual([1004n, 1003n, 1002n]);
    const second = await read({ chatId, before: 1002n });
    expect(second.messages.map(({ messageId }) => messageId)).toEqual([1001n, 1000n]);
    expect([first.end, second.end]).toEqual([false, true]);
  });

  test('a message is found by its key; absence is final once the watermark has passed the position', async () => {
    await using rig = await openHistory(3);
    const read = async (key: string, offset?: number) => {
      const position = offset === undefined ? none : encodeCursor({ incarnation, offset });
      return GetByKeyResponse.decode(encodeFound(await rig.history.byKey(bob, { key, position })));
    };
    expect(await read(given(keys[1]))).toMatchObject({ message: { messageId: 1001n }, final: true });
    expect(await read(given(keys[9]))).toMatchObject({ message: undefined, final: false });
    expect(await read(given(keys[9]), 3)).toMatchObject({ message: undefined, final: true });
    expect(await read(given(keys[9]), 4)).toMatchObject({ message: undefined, final: false });
  });

  test('chats come with their last message and receipts', async () => {
    await using rig = await openHistory(3);
    const answer = GetChatsResponse.decode(encodeChats(await rig.history.chats(alice, { before: 0n, limit: 0 })));
    expect(answer).toMatchObject({
      chats: [{ chatId, lastMessage: { messageId: 1002n }, receipts: [{ deliveredUpTo: 1001n }] }],
      end: true,
    });
  });

  test('what cannot be answered is refused with a code that says why', async () => {
    await using rig = await openHistory(1);
    const { history } = rig;
    const code = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'answered',
        (error: unknown) => (error instanceof CecochatError ? error.code : 'bug'),
      );
    const before = Buffer.from('x');
    expect(await code(history.userHistory(alice, { before, limit: 0 }))).toBe('cursor.invalid');
    expect(await code(history.dialogHistory(eve, { ...dialog, chatId }))).toBe('chat.forbidden');
    expect(await code(history.dialogHistory(alice, { ...dialog, chatId: '2-1' }))).toBe('request.invalid');
    expect(await code(history.dialogHistory(alice, dialog))).toBe('request.invalid');
    expect(await code(history.dialogHistory(alice, { ...dialog, with: alice }))).toBe('request.invalid');
    expect(await code(history.dialogHistory(alice, { ...dialog, chatId, with: eve }))).toBe('request.invalid');
    expect(await code(history.dialogHistory(alice, { ...dialog, chatId, before: -1n }))).toBe('request.invalid');
    expect(await code(history.byKey(alice, { key: 'k', position: none }))).toBe('request.invalid');
    const other = given([5n, 6n, 7n, 8n, 9n].map((id) => given(parseUserId(id))).find(hasNoHistory));
    expect(await code(history.chats(other, { before: 0n, limit: 0 }))).toBe('server.not_ready');
  });
});

function hasNoHistory(user: Parameters<typeof partitionOf>[0]): boolean {
  return ![alice, bob].some((known) => partitionOf(known, partitionCount) === partitionOf(user, partitionCount));
}
