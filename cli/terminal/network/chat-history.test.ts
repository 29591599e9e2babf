import { expect, test } from 'vitest';
import { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import type { History } from '../../client/history.ts';
import type { NetworkEvent } from '../model/action.ts';
import { createChatHistory, type ChatHistory } from './chat-history.ts';

const chatId = '1-2';
const message = (order: number): Message => ({
  ...Message.decode(Buffer.alloc(0)),
  chatId,
  messageId: BigInt(order),
  order: BigInt(order),
  // Every third is one's own.
  senderId: order % 3 === 0 ? 1n : 2n,
  content: { kind: 1, body: { $case: 'text', value: `message ${order}` } },
});

interface Bench {
  readonly history: ChatHistory;
  readonly asked: (bigint | undefined)[];
  /** The next event that is told. */
  readonly next: () => Promise<NetworkEvent>;
}

/** History with messages 1 to `newest`, ten in a page; `failures` first questions fail. */
function open(newest: number, failures = 0): Bench {
  const asked: (bigint | undefined)[] = [];
  const told: NetworkEvent[] = [];
  let wake: (() => void) | undefined;
  let failing = failures;
  const dialog: History['dialog'] = ({ before }) => {
    asked.push(before);
    if (failing-- > 0) return Promise.reject(new Error('no answer'));
    const last = before === undefined ? newest : Math.min(newest, Number(before) - 1);
    const orders = Array.from({ length: Math.min(10, last) }, (_, index) => last - index);
    return Promise.resolve({ messages: orders.map(message), watermark: Buffer.alloc(0), end: last <= 10 });
  };
  const history = createChatHistory({
    history: () => Promise.resolve({ dialog }),
    // Waits are over at once, in a later turn.
    clock: { ...systemClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    tell(event) {
      told.push(event);
      wake?.();
    },
    signal: new AbortController().signal,
  });
  return {
    history,
    asked,
    async next() {
      while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const event = told.shift();
      if (event === undefined) throw new Error('nothing was told');
      return event;
    },
  };
}

const ordersOf = (event: NetworkEvent): number[] =>
  event.kind === 'page'
    ? event.page.messages.map(({ order }) => Number(order)).toSorted((one, other) => one - other)
    : [];

test('an older page ends before the window; the last one says that nothing is left', async () => {
  const { history, next } = open(25);
  history.run({ kind: 'load-older', client: 0, chatId, before: 21n });
  const page = await next();
  expect(ordersOf(page)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(page).toMatchObject({ kind: 'page', page: { what: 'older', end: false } });
  history.run({ kind: 'load-older', client: 0, chatId, before: 11n });
  expect(await next()).toMatchObject({ kind: 'page', page: { what: 'older', end: true } });
});

test('what follows the window is all of it, over as many pages as it takes', async () => {
  const { history, asked, next } = open(100);
  history.run({ kind: 'load-newer', client: 0, chatId, after: 30n, below: 56n });
  expect(ordersOf(await next())).toEqual(Array.from({ length: 25 }, (_, index) => 31 + index));
  expect(asked).toEqual([56n, 46n, 36n]);
});

test('unread messages of the other are counted, up to a hundred', async () => {
  const { history, next } = open(400);
  history.run({ kind: 'count-unread', client: 0, chatId, senderId: 2n, after: 391n });
  expect(await next()).toEqual({ kind: 'unread', chatId, after: 391n, count: 6 });
  history.run({ kind: 'count-unread', client: 0, chatId, senderId: 2n, after: 0n });
  expect(await next()).toEqual({ kind: 'unread', chatId, after: 0n, count: 100 });
});

test('a page that cannot be had is told, with the reason', async () => {
  const { history, next } = open(10, 1);
  history.run({ kind: 'load-newest', client: 0, chatId });
  expect(await next()).toEqual({ kind: 'page-failed', chatId, reason: 'no answer' });
  history.run({ kind: 'load-newest', client: 0, chatId });
  expect(ordersOf(await next())).toHaveLength(10);
});
