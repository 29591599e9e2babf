import { expect, test } from 'vitest';
import { untilDone } from './until-done.ts';

/** Sleeps are noted and over at once. */
function createSleepless() {
  const slept: number[] = [];
  return { slept, sleep: async (ms: number) => void slept.push(ms) };
}

test('tries again, slower each time up to two seconds, and answers with what the work gives at last', async () => {
  const clock = createSleepless();
  const { signal } = new AbortController();
  let tries = 0;
  const done = await untilDone(
    async () => {
      tries += 1;
      if (tries <= 8) throw new Error('not yet');
      return tries;
    },
    { clock, signal },
  );
  expect(done).toBe(9);
  expect(clock.slept).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000]);
});

test('gives up when the signal says so', async () => {
  const clock = createSleepless();
  const stop = new AbortController();
  const done = await untilDone(
    async () => {
      if (clock.slept.length === 3) stop.abort();
      throw new Error('never');
    },
    { clock, signal: stop.signal },
  );
  expect(done).toBeUndefined();
  expect(clock.slept).toHaveLength(4);
});
