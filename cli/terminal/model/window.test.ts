import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatMessage } from './message.ts';
import {
  addNewer,
  addOlder,
  arrive,
  emptyWindow,
  jump,
  restart,
  tailLimit,
  windowLimit,
  type Window,
} from './window.ts';

const message = (order: number): ChatMessage => ({
  chatId: '1-2',
  order: BigInt(order),
  messageId: BigInt(order),
  senderId: 2n,
  timeMs: order,
  text: `message ${order}`,
});
const range = (from: number, to: number): ChatMessage[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index));
const ordersOf = (window: Window): number[] => window.messages.map(({ order }) => Number(order));

/** History with messages 1 to `newest`, as the servers answer it. */
const pageBefore = (newest: number, before: number): { page: ChatMessage[]; end: boolean } => {
  const last = Math.min(newest, before - 1);
  return { page: range(Math.max(1, last - 31), last), end: last <= 32 };
};

/** To the fifth and fourth page before the run, when there are so many. */
const jumped = (window: Window, newest: number): Window => {
  let before = Number(window.messages[0]?.order ?? 0n);
  const pages = Array.from({ length: 5 }, () => {
    const one = pageBefore(newest, before);
    before = Number(one.page[0]?.order ?? 0n);
    return one;
  });
  if (pages.some(({ page }) => page.length === 0)) return window;
  const cuts = pages.slice(0, 3).map(({ page }) => (page.at(-1)?.order ?? 0n) + 1n);
  return jump(
    window,
    pages.slice(3).flatMap(({ page }) => page),
    { cuts, start: pages[4]?.end === true },
  );
};

test('a chat in which nothing was said is live, and takes what comes', () => {
  const window = arrive(restart(emptyWindow, [], true), range(1, 3), 'newer');
  expect(window).toMatchObject({ live: true, start: true });
  expect(ordersOf(window)).toEqual([1, 2, 3]);
});

test('what came before the newest page was loaded is put behind it', () => {
  const waiting = arrive(emptyWindow, range(40, 45), 'newer');
  expect(waiting.messages).toEqual([]);
  const window = restart(waiting, range(10, 41), false);
  expect(ordersOf(window)).toEqual(range(10, 45).map(({ order }) => Number(order)));
  expect(window.live).toBe(true);
});

test('history that is behind the arrivals leaves the window not live until it has caught up', () => {
  const many = arrive(emptyWindow, range(100, 100 + tailLimit * 2), 'newer');
  expect(restart(many, range(60, 91), false).live).toBe(false);
  expect(restart(many, range(400, 500), false).live).toBe(true);
});

test('a late message is put in its place', () => {
  const window = restart(emptyWindow, [message(1), message(2), message(5)], true);
  expect(ordersOf(arrive(window, [message(3), message(5)], 'newer'))).toEqual([1, 2, 3, 5]);
});

describe('whatever is scrolled and whatever comes', () => {
  type Step = 'older' | 'newer' | 'newest' | 'jump' | number;
  const steps = fc.array(
    fc.oneof(
      fc.constantFrom<Step>('older', 'older', 'older', 'newer', 'newer', 'newest', 'jump'),
      fc.integer({ min: 1, max: 150 }),
    ),
    { maxLength: 80 },
  );

  test('the run has no gap, is bounded, and the way down leads to the newest', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let newest = 2_000;
        const first = pageBefore(newest, newest + 1);
        let window = restart(emptyWindow, first.page, first.end);
        const down = (): void => {
          const below = window.cuts.at(-1);
          const after = Number(window.messages.at(-1)?.order ?? 0n);
          window = addNewer(window, range(after + 1, below === undefined ? newest : Number(below) - 1), below);
        };
        for (const step of all) {
          if (step === 'older') {
            const { page, end } = pageBefore(newest, Number(window.messages[0]?.order ?? 0n));
            window = addOlder(window, page, end);
          } else if (step === 'newest') {
            const { page, end } = pageBefore(newest, newest + 1);
            window = restart(window, page, end);
          } else if (step === 'jump') {
            window = jumped(window, newest);
          } else if (step === 'newer') {
            if (!window.live) down();
          } else {
            window = arrive(window, range(newest + 1, newest + step), 'older');
            newest += step;
          }
          const orders = ordersOf(window);
          expect(orders).toEqual(Array.from(orders, (_, index) => (orders[0] ?? 0) + index));
          expect(orders.length).toBeLessThanOrEqual(windowLimit);
          expect(window.tail.length).toBeLessThanOrEqual(tailLimit);
          expect(!window.live || orders.at(-1) === newest).toBe(true);
        }
        // Each part that was cut off is found again by few pages.
        for (let rounds = 0; !window.live; rounds += 1) {
          expect(rounds).toBeLessThan(200);
          down();
        }
        expect(ordersOf(window).at(-1)).toBe(newest);
      }),
      { numRuns: 60 },
    );
  });
});
