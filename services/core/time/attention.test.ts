import { expect, test } from 'vitest';
import { watchAttention } from './attention.ts';
import { systemClock, type Clock } from './clock.ts';

test('time that passes turn by turn counts, and a hold-up counts for 50 ms', async () => {
  let nowMs = 7;
  let tick: () => void = () => undefined;
  let isCancelled = false;
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    every(_ms, work) {
      tick = work;
      return { cancel: () => void (isCancelled = true) };
    },
  };
  const attention = watchAttention(clock);
  for (let turn = 0; turn < 4; turn += 1) {
    nowMs += 50;
    tick();
  }
  expect(attention.attendedMs()).toBe(200);
  nowMs += 20;
  expect(attention.attendedMs()).toBe(220);
  nowMs += 5_000;
  expect(attention.attendedMs()).toBe(250);
  tick();
  expect(attention.attendedMs()).toBe(250);
  await attention[Symbol.asyncDispose]();
  expect(isCancelled).toBe(true);
});
