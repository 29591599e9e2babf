import { expect, test } from 'vitest';
import { awaitedFirst } from './awaited-first.ts';

test('goes through all partitions once, in order; what is awaited meanwhile comes next', () => {
  const awaited = new Set<number>();
  const order: number[] = [];
  for (const partition of awaitedFirst([1, 2, 3, 4, 5, 6], awaited)) {
    order.push(partition);
    if (partition === 2) for (const other of [6, 9, 1, 5]) awaited.add(other);
    if (partition === 6) awaited.delete(5);
  }
  expect(order).toEqual([1, 2, 6, 3, 4, 5]);
});
