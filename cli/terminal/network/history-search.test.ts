import { expect, test } from 'vitest';
import { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import type { History } from '../../client/history.ts';
import type { NetworkEvent } from '../model/action.ts';
import { createHistorySearch, type HistorySearch } from './history-search.ts';

const chatId = '1-2';
const message = (order: number): Message => ({
  ...Message.decode(Buffer.alloc(0)),
  chatId,
  messageId: BigInt(order),
  order: BigInt(order),
  senderId: 2n,
  content: { kind: 1, body: { $case: 'text', value: `Message ${order}.` } },
});

/** History with messages 1 to 99, ten in a page; `onPage` is called before each answer. */
function open(onPage: (pages: number) => void = () => undefined): {
  search: HistorySearch;
  told: NetworkEvent[];
  ended: Promise<NetworkEvent>;
} {
  const told: NetworkEvent[] = [];
  let pages = 0;
  let nowMs = 0;
  let end: (event: NetworkEvent) => void = () => undefined;
  const ended = new Promise<NetworkEvent>((resolve) => (end = resolve));
  const dialog: History['dialog'] = async ({ before, signal }) => {
    onPage((pages += 1));
    signal?.throwIfAborted();
    nowMs += 150;
    const last = Math.min(99, Number(before) - 1);
    const orders = Array.from({ length: Math.min(10, last) }, (_, index) => last - index);
    return { messages: orders.map(message), watermark: Buffer.alloc(0), end: last <= 10 };
  };
  const search = createHistorySearch({
    history: () => Promise.resolve({ dialog }),
    clock: { ...systemClock, monotonicMs: () => nowMs },
    tell(event) {
      told.push(event);
      if (event.kind !== 'searched') end(event);
    },
    signal: new AbortController().signal,
  });
  return { search, told, ended };
}

const effect = { kind: 'search' as const, client: 0, chatId, number: 3, before: 91n };

test('finds the newest that holds the words, with what was said around it and the way back', async () => {
  const { search, told, ended } = open();
  search.run({ ...effect, words: 'mESSAGE 42.' });
  const found = await ended;
  if (found.kind !== 'search-found') throw new Error(found.kind);
  expect(found).toMatchObject({ chatId, number: 3, order: 42n, start: false, before: undefined });
  const orders = found.messages.map(({ order }) => Number(order));
  expect([orders[0], orders.at(-1), orders.length]).toEqual([60, 41, 20]);
  expect(found.cuts).toEqual([91n, 81n, 71n]);
  expect(told.map((event) => (event.kind === 'searched' ? event.count : event.kind))).toEqual([20, 40, 'search-found']);
});

test('found within two pages, it says that these adjoin', async () => {
  const { search, ended } = open();
  search.run({ ...effect, words: 'message 75.' });
  expect(await ended).toMatchObject({ kind: 'search-found', order: 75n, before: 91n, cuts: [] });
});

test('says when nothing holds them, and when history does not answer', async () => {
  const nowhere = open();
  nowhere.search.run({ ...effect, words: 'needle' });
  expect(await nowhere.ended).toEqual({ kind: 'search-ended', chatId, number: 3, reason: '' });
  const broken = open((pages) => {
    if (pages === 3) throw new Error('no answer');
  });
  broken.search.run({ ...effect, words: 'needle' });
  expect(await broken.ended).toEqual({ kind: 'search-ended', chatId, number: 3, reason: 'no answer' });
});

test('stopped, it tells nothing any more', async () => {
  const bench = open((pages) => {
    if (pages === 2) bench.search.stop();
  });
  bench.search.run({ ...effect, words: 'needle' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.told).toEqual([]);
});
