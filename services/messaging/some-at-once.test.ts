import { expect, test } from 'vitest';
import { someAtOnce } from './some-at-once.ts';

test('works on each item once, in order, and lets other work of the process have its turns', async () => {
  const done: number[] = [];
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns += 1;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const items = Array.from({ length: 40 }, (_, index) => index);
  await someAtOnce(items, 4, async (item) => {
    done.push(item);
  });
  running = false;
  expect(done).toEqual(items);
  expect(turns).toBeGreaterThanOrEqual(10);
});
