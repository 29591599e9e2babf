import { expect, test } from 'vitest';
import { collectPages } from './pages.ts';

/** A list of so many rows, newest (highest) first, in pages of 10 at most. */
const pagesOf = (count: number) => (last: number | undefined, limit: number) => {
  const from = last === undefined ? count : last - 1;
  const size = Math.min(limit === 0 ? 10 : limit, 10, from);
  const rows = Array.from({ length: size }, (_, index) => from - index);
  return Promise.resolve({ rows, end: from - size === 0 });
};

test.each([
  { count: 25, most: 25, rows: 25, end: true },
  { count: 25, most: 24, rows: 24, end: false },
  { count: 25, most: 3, rows: 3, end: false },
  { count: 25, most: Number.POSITIVE_INFINITY, rows: 25, end: true },
  { count: 0, most: 5, rows: 0, end: true },
])('of $count rows, $most at most, $rows are shown, end $end', async ({ count, most, rows, end }) => {
  const found = await collectPages(most, pagesOf(count));
  expect(found.rows).toEqual(Array.from({ length: rows }, (_, index) => count - index));
  expect(found.end).toBe(end);
});

test.each([
  // Multiples of 7 count: of 25 rows these are 21, 14 and 7.
  { most: 1, lowest: 21, end: false },
  { most: 2, lowest: 14, end: false },
  { most: 3, lowest: 7, end: false },
  { most: 4, lowest: 1, end: true },
])('pages on until $most rows that count are found', async ({ most, lowest, end }) => {
  const found = await collectPages(most, pagesOf(25), (row) => row % 7 === 0);
  expect(found).toEqual({ rows: Array.from({ length: 26 - lowest }, (_, index) => 25 - index), end });
});
