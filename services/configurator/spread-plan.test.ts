import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countMoves, planSpread, type Spread } from './spread-plan.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const halves = new Map([
  ['s1', range(0, 180)],
  ['s2', range(180, 360)],
]);
const nobody: ReadonlySet<string> = new Set();

test('new servers get their share from those who have most', () => {
  const servers = ['s1', 's2', 's3', 's4'];
  const after = planSpread({ assigned: halves, partitionCount: 360, servers, leaving: nobody });
  expect([...after]).toEqual([
    ['s1', range(0, 90)],
    ['s2', range(180, 270)],
    ['s3', range(90, 180)],
    ['s4', range(270, 360)],
  ]);
  expect(countMoves(halves, after)).toBe(180);
});

test('who leaves gives all to those who stay', () => {
  const after = planSpread({ assigned: halves, partitionCount: 360, servers: ['s1'], leaving: new Set(['s2']) });
  expect([...after]).toEqual([['s1', range(0, 360)]]);
});

test('a server that is named nowhere keeps what it has', () => {
  const assigned = new Map([...halves, ['s2', range(180, 300)], ['far', range(300, 360)]]);
  const after = planSpread({ assigned, partitionCount: 360, servers: ['s1', 's3'], leaving: new Set(['s2']) });
  expect(after.get('far')).toEqual(range(300, 360));
  expect([after.get('s1')?.length, after.get('s3')?.length, after.has('s2')]).toEqual([150, 150, false]);
});

const anySpread: fc.Arbitrary<Spread> = fc
  .record({
    owners: fc.array(fc.constantFrom('', 's1', 's2', 's3', 's4', 'far'), { minLength: 8, maxLength: 60 }),
    servers: fc.subarray(['s1', 's2', 's3', 's5', 's6'], { minLength: 1 }),
  })
  .map(({ owners, servers }) => {
    const assigned = new Map<string, number[]>();
    for (const [partition, owner] of owners.entries()) {
      if (owner !== '') assigned.set(owner, [...(assigned.get(owner) ?? []), partition]);
    }
    const leaving = new Set(['s1', 's2', 's3', 's4'].filter((server) => !servers.includes(server)));
    return { assigned, partitionCount: owners.length, servers, leaving };
  });

test('every partition has one server, shares differ by one at most, and no plan moves less', () => {
  fc.assert(
    fc.property(anySpread, (spread) => {
      const { assigned, partitionCount, servers, leaving } = spread;
      const after = planSpread(spread);
      expect([...after.values()].flat().toSorted((one, other) => one - other)).toEqual(range(0, partitionCount));
      expect([...after.keys()].filter((server) => leaving.has(server))).toEqual([]);
      expect(after.get('far')).toEqual(assigned.get('far'));
      const sizes = servers.map((server) => after.get(server)?.length ?? 0);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      // What a server has beyond its share must move, and what nobody of them has.
      const shared = sizes.reduce((sum, size) => sum + size, 0);
      const largest = servers.map((server) => assigned.get(server)?.length ?? 0).toSorted((one, other) => other - one);
      const kept = largest.reduce((sum, size, place) => {
        const most = Math.floor(shared / servers.length) + (place < shared % servers.length ? 1 : 0);
        return sum + Math.min(size, most);
      }, 0);
      expect(countMoves(assigned, after)).toBe(shared - kept);
    }),
  );
});

test('a spread that is even changes nothing', () => {
  fc.assert(
    fc.property(anySpread, (spread) => {
      const after = planSpread(spread);
      expect(countMoves(after, planSpread({ ...spread, assigned: after }))).toBe(0);
    }),
  );
});
