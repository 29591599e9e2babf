import { expect, test } from 'vitest';
import { systemClock } from '../core/time/clock.ts';
import { takeOverBusyFirst } from './busy-first.ts';

/** What happens, in order: "3" a partition is begun, "wait 3,4" those are waited for. */
async function taken(given: {
  readonly partitions: readonly number[];
  readonly awaited?: readonly number[];
  readonly active: (partitions: readonly number[], withinMs: number) => Promise<readonly number[]>;
}): Promise<readonly string[]> {
  const happened: string[] = [];
  await takeOverBusyFirst(given.partitions, {
    backplane: { active: given.active },
    awaited: new Set(given.awaited ?? []),
    leaseMs: 2000,
    clock: { sleep: () => systemClock.sleep(20) },
    async takeOver(partition) {
      happened.push(String(partition));
    },
    async untilOwned(partitions) {
      happened.push(`wait ${partitions.join()}`);
    },
  });
  return happened;
}

test('partitions in use, and those that somebody waits for, go first, and are owned before the others begin', async () => {
  const asked: number[] = [];
  const active = async (_partitions: readonly number[], withinMs: number) => {
    asked.push(withinMs);
    return [4, 2];
  };
  expect(await taken({ partitions: [1, 2, 3, 4, 5], awaited: [5], active })).toEqual([
    '5',
    '2',
    '4',
    'wait 2,4,5',
    '1',
    '3',
  ]);
  expect(asked).toEqual([4000]);
});

test.each([
  ['all are in use', async () => [1, 2, 3]],
  ['none is in use', async () => []],
  ['the engine fails', () => Promise.reject(new Error('away'))],
  ['the engine does not answer', () => new Promise<never>(() => undefined)],
])('nobody waits for others when %s', async (_what, active) => {
  expect(await taken({ partitions: [1, 2, 3], active })).toEqual(['1', '2', '3']);
});
