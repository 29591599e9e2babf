import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUserId } from './ids.ts';
import { partitionOf, userHash } from './partitioning.ts';

interface Vectors {
  readonly vectors: readonly { userId: string; hash: number; partitionOf360: number; partitionOf12: number }[];
}
const { vectors }: Vectors = JSON.parse(readFileSync(new URL('partitioning.vectors.json', import.meta.url), 'utf8'));

describe('partitioning', () => {
  it('has enough golden values', () => expect(vectors.length).toBeGreaterThan(10));

  it.each(vectors)(
    'puts user $userId where the golden values say',
    ({ userId, hash, partitionOf360, partitionOf12 }) => {
      expect(userHash(BigInt(userId))).toBe(hash);
      const user = parseUserId(userId);
      if (user === undefined) return;
      expect([partitionOf(user, 360), partitionOf(user, 12)]).toEqual([partitionOf360, partitionOf12]);
    },
  );

  it('gives a partition of the given number for every id', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n - 1n), fc.integer({ min: 1, max: 10_000 }), (id, count) => {
        const user = parseUserId(id);
        const partition = user === undefined ? -1 : partitionOf(user, count);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(count);
        expect(Number.isInteger(partition)).toBe(true);
      }),
    );
  });
});
