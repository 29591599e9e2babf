import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRanges, parseRanges } from './partition-ranges.ts';

test('reads back what it writes, for every set of partitions', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 })), (partitions) => {
      const sorted = [...partitions].sort((a, b) => a - b);
      expect(parseRanges(formatRanges(partitions), 1000)).toEqual({ partitions: sorted });
    }),
  );
});

test('writes the shortest text', () => {
  expect(formatRanges([200, 0, 1, 2, 179, 180, 5])).toBe('0-2,5,179-180,200');
});
