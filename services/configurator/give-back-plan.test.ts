import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConfigChange } from '../config-db/config-db.ts';
import { configKeys } from '../config-db/dynamic-config.ts';
import { owedServers, planGiveBack } from './give-back-plan.ts';
import { assignmentAfter } from './replacement-plan.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
type Hash = Readonly<Record<string, string>>;

/** The log of these assignments, each by its author, the newest first. */
function logOf(first: Hash, ...changes: readonly [author: string, after: Hash][]): ConfigChange[] {
  let before = first;
  return changes
    .map(([author, after], index): ConfigChange => {
      const entry = { key: configKeys.serverPartitions, before, after };
      before = after;
      return { version: index + 1, atMs: 0, author, entries: [entry] };
    })
    .toReversed();
}
const owed = (...given: Parameters<typeof logOf>): Record<string, readonly number[]> =>
  Object.fromEntries(owedServers(logOf(...given), 9));

const three = { s1: '0-2', s2: '3-5', s3: '6-8' };
const spread = { s2: '0-1,3-5', s3: '2,6-8' };

test('a server whose partitions were spread is owed a share, until it has one', () => {
  expect(owed(three, ['replacement', spread])).toEqual({ s1: [0, 1, 2] });
  expect(owed(three, ['replacement', spread], ['give-back', three])).toEqual({});
});

test('a server that an idle one replaced is the idle one now', () => {
  expect(owed(three, ['replacement', { s4: '0-2', s2: '3-5', s3: '6-8' }])).toEqual({});
});

test('a server that is replaced by one that was owed a share is owed that share', () => {
  expect(owed(three, ['replacement', spread], ['replacement', { s1: '0-1,3-5', s3: '2,6-8' }])).toEqual({
    s2: [0, 1, 3, 4, 5],
  });
});

test('what a person assigns settles it', () => {
  expect(owed(three, ['replacement', spread], ['ann', { s2: '0-5', s3: '6-8' }])).toEqual({});
});

test('a server gets what it had, and nobody less than a share', () => {
  const assigned = new Map([
    ['s2', [0, 1, 3, 4, 5]],
    ['s3', [2, 6, 7, 8]],
  ]);
  const moves = planGiveBack({ assigned, server: 's1', had: [0, 1, 2] });
  expect(moves).toEqual([
    { from: 's2', to: 's1', partitions: [0, 1] },
    { from: 's3', to: 's1', partitions: [2] },
  ]);
});

test('afterwards all have the same, within one, and every partition has one server', () => {
  const assignments = fc.array(fc.constantFrom('s2', 's3', 's4'), { minLength: 4, maxLength: 60 });
  fc.assert(
    fc.property(assignments, fc.uniqueArray(fc.nat(59)), (owners, had) => {
      const assigned = new Map<string, number[]>();
      owners.forEach((owner, partition) => assigned.set(owner, [...(assigned.get(owner) ?? []), partition]));
      const after = assignmentAfter(assigned, planGiveBack({ assigned, server: 's1', had }));
      expect([...after.values()].flat().toSorted((a, b) => a - b)).toEqual(range(0, owners.length));
      const share = Math.floor(owners.length / (assigned.size + 1));
      expect(after.get('s1') ?? []).toHaveLength(share);
      for (const [owner, own] of assigned)
        expect(after.get(owner)?.length ?? 0).toBeGreaterThanOrEqual(Math.min(share, own.length));
    }),
  );
});
