import { describe, expect, it } from 'vitest';
import { randomInt, seededRandom, systemRandom } from './random.ts';

describe('random', () => {
  it('repeats itself for the same seed only', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(seededRandom(3).bytes(8)).toEqual(seededRandom(3).bytes(8));
  });

  it.each([
    ['seeded', seededRandom(5)],
    ['system', systemRandom],
  ])('%s draws reach every integer of a small range, and no other', (_name, random) => {
    const seen = new Set(Array.from({ length: 500 }, () => randomInt(random, 4)));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(random.bytes(16)).toHaveLength(16);
  });
});
