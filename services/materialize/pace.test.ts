import { expect, test } from 'vitest';
import type { Cancellable } from '../core/time/clock.ts';
import { systemClock } from '../core/time/clock.ts';
import { createPace, type Pace } from './pace.ts';

/** A clock that stands still until it is moved. */
function createHandClock() {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; work: () => void }>();
  return {
    ...systemClock,
    monotonicMs: () => nowMs,
    after(ms: number, work: () => void): Cancellable {
      const timer = { atMs: nowMs + ms, work };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    pass(ms: number): void {
      nowMs += ms;
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.work();
      }
    },
    waiting: () => timers.size,
  };
}

/** How many of so many writes in a row are not followed by a rest. */
function atOnce(pace: Pace, writes: number, records = 1): number {
  let count = 0;
  for (let write = 0; write < writes; write += 1) if (pace.rest(0, records) === undefined) count += 1;
  return count;
}

test('a partition that is written once a second never rests', () => {
  const clock = createHandClock();
  const pace = createPace({ clock, restMs: 1000 });
  for (let second = 0; second < 100; second += 1) {
    expect(pace.rest(7, 1)).toBeUndefined();
    clock.pass(1000);
  }
});

test('a busy one rests after its burst, about a second, and gets its burst back by being quiet', async () => {
  const clock = createHandClock();
  const pace = createPace({ clock, restMs: 1000 });
  expect(atOnce(pace, 8)).toBe(8);
  const rest = pace.rest(0, 1);
  expect(rest).toBeDefined();
  clock.pass(749);
  expect(clock.waiting()).toBe(1);
  clock.pass(501);
  await rest;
  expect(clock.waiting()).toBe(0);
  expect(pace.rest(1, 1)).toBeUndefined();
  clock.pass(8000);
  expect(atOnce(pace, 9)).toBe(8);
});

test('a backlog is worked off without a rest', () => {
  const pace = createPace({ clock: createHandClock(), restMs: 1000 });
  expect(atOnce(pace, 100, 500)).toBe(100);
});

test('partitions that rest together do not end together', () => {
  const clock = createHandClock();
  const pace = createPace({ clock, restMs: 1000 });
  for (let partition = 0; partition < 100; partition += 1) {
    for (let write = 0; write < 9; write += 1) void pace.rest(partition, 1);
  }
  expect(clock.waiting()).toBe(100);
  clock.pass(1000);
  expect(clock.waiting()).toBeGreaterThan(40);
  expect(clock.waiting()).toBeLessThan(60);
});

test('stopping ends all rests, and there are none afterwards', async () => {
  const pace = createPace({ clock: createHandClock(), restMs: 1000 });
  atOnce(pace, 8);
  const rest = pace.rest(0, 1);
  pace.stop();
  await rest;
  expect(pace.rest(0, 1)).toBeUndefined();
});
