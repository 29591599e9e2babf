import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignmentAfter, planReplacements, type Fleet } from './replacement-plan.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

test('an idle server takes over everything of one that is gone', () => {
  const assigned = new Map([
    ['s1', range(0, 180)],
    ['s2', range(180, 360)],
  ]);
  const plan = planReplacements({ assigned, gone: new Set(['s1']), able: new Set(['s2', 's3']) });
  expect(plan).toEqual([{ from: 's1', to: 's3', partitions: range(0, 180) }]);
  expect(assignmentAfter(assigned, plan).get('s1')).toEqual([]);
});

test('without an idle one the living share, evenly and in runs', () => {
  const assigned = new Map([
    ['s1', range(0, 120)],
    ['s2', range(120, 240)],
    ['s3', range(240, 360)],
  ]);
  const plan = planReplacements({ assigned, gone: new Set(['s2']), able: new Set(['s1', 's3']) });
  expect(plan).toEqual([
    { from: 's2', to: 's1', partitions: range(120, 180) },
    { from: 's2', to: 's3', partitions: range(180, 240) },
  ]);
});

test('nobody alive, or nobody gone: nothing moves', () => {
  const assigned = new Map([['s1', [0, 1]]]);
  expect(planReplacements({ assigned, gone: new Set(['s1']), able: new Set() })).toEqual([]);
  expect(planReplacements({ assigned, gone: new Set(), able: new Set(['s1', 's2']) })).toEqual([]);
});

const anyFleet: fc.Arbitrary<Fleet> = fc
  .record({
    owners: fc.array(fc.constantFrom('s1', 's2', 's3', 's4', 's5'), { maxLength: 60 }),
    gone: fc.subarray(['s1', 's2', 's3', 's4', 's5']),
    able: fc.subarray(['s1', 's2', 's3', 's4', 's5', 's6', 's7']),
  })
  .map(({ owners, gone, able }) => {
    const assigned = new Map<string, number[]>();
    owners.forEach((owner, partition) => assigned.set(owner, [...(assigned.get(owner) ?? []), partition]));
    return { assigned, gone: new Set(gone), able: new Set(able.filter((server) => !gone.includes(server))) };
  });

test('every partition has one server before and after, the living keep theirs, who is gone keeps none', () => {
  fc.assert(
    fc.property(anyFleet, (fleet) => {
      const after = assignmentAfter(fleet.assigned, planReplacements(fleet));
      const all = (map: ReadonlyMap<string, readonly number[]>): number[] =>
        [...map.values()].flat().toSorted((one, other) => one - other);
      expect(all(after)).toEqual(all(fleet.assigned));
      for (const [server, partitions] of fleet.assigned) {
        const isReplaced = fleet.gone.has(server) && fleet.able.size > 0;
        const kept = isReplaced ? [] : partitions;
        const now = after.get(server) ?? [];
        expect(isReplaced ? now : now.filter((partition) => kept.includes(partition))).toEqual(kept);
      }
      for (const server of after.keys()) {
        expect(fleet.assigned.has(server) || fleet.able.has(server)).toBe(true);
      }
    }),
  );
});
