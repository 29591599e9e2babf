import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { simulate } from './simulate.ts';
import type { Mutant } from './sim-world.ts';

const replayCommand = 'npx tsx services/messaging/simulation/replay.ts --trace --seed';

/** Where to look for what only a few schedules show: the first that fails is a little later. */
const searchFrom = new Map([
  ['keys from one mark', 150],
  ['no tips for targets before the start', 300],
]);

/** The first failing schedule of these, in words; undefined when all keep the promises. */
function firstFailure({ from, count, mutant }: { from: number; count: number; mutant?: Mutant }): string | undefined {
  for (let seed = from; seed < from + count; seed += 1) {
    const { violations } = simulate(seed, mutant === undefined ? {} : { mutant });
    if (violations.length > 0)
      return `seed ${seed}: ${violations.slice(0, 3).join('; ')}. Replay: ${replayCommand} ${seed}`;
  }
  return undefined;
}

describe('the rules of the log under crashes, stale owners, moves and lying producers', () => {
  for (const from of [1, 501, 1001, 1501])
    it(`keep every promise in schedules ${from} to ${from + 499}`, { timeout: 120_000 }, () => {
      expect(firstFailure({ from, count: 500 })).toBeUndefined();
    });

  it('give the same schedule for the same seed', () => {
    expect(simulate(7, { traced: true })).toEqual(simulate(7, { traced: true }));
  });

  for (const [name, mutant] of Object.entries(mutants))
    it(`break without their part: ${name}`, { timeout: 60_000 }, () => {
      expect(firstFailure({ from: searchFrom.get(name) ?? 1, count: 200, mutant })).toMatch(/^seed /);
    });
});
