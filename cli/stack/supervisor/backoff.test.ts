import { expect, test } from 'vitest';
import { seededRandom } from '../../../services/core/random.ts';
import { restartDelayMs } from './backoff.ts';

const always = (value: number) => ({ ...seededRandom(1), next: () => value });

test('doubles with each end in a row, and is bounded however often that is', () => {
  const longest = [1, 2, 3, 4].map((ends) => restartDelayMs(ends, always(1)));
  expect(longest).toEqual([200, 400, 800, 1600]);
  expect([8, 100, 1e9].map((ends) => restartDelayMs(ends, always(1)))).toEqual([15_000, 15_000, 15_000]);
});

test('half of it is by chance', () => {
  expect([0, 0.5, 1].map((next) => restartDelayMs(2, always(next)))).toEqual([200, 300, 400]);
});
