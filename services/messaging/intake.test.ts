import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIntake, type Source } from './intake.ts';

/** Turns of an event loop that are run by hand, and a clock that each handled frame moves on. */
function createRig(costMs: number) {
  let nowMs = 0;
  let deferred: (() => void)[] = [];
  const intake = createIntake({
    clock: { monotonicMs: () => nowMs },
    defer: (work) => void deferred.push(work),
  });
  const handled: string[] = [];
  const paused = new Set<Source>();
  return {
    intake,
    handled,
    paused,
    source(): Source {
      const source: Source = {
        pause: () => void paused.add(source),
        resume: () => void paused.delete(source),
      };
      return source;
    },
    take(source: Source, frame: string) {
      intake.take(source, () => {
        nowMs += costMs;
        handled.push(frame);
      });
    },
    nextTurn() {
      const works = deferred;
      deferred = [];
      for (const work of works) work();
      return works.length;
    },
  };
}

test('frames that the turn has time for are handled at once', () => {
  const rig = createRig(1);
  const source = rig.source();
  for (let n = 0; n < 20; n += 1) rig.take(source, String(n));
  expect(rig.handled).toHaveLength(20);
  expect(rig.paused.size).toBe(0);
});

test('what a turn has no time for waits, its stream paused, and is handled in the next turns', () => {
  const rig = createRig(5);
  const sources = Array.from({ length: 10 }, () => rig.source());
  for (const [n, source] of sources.entries()) rig.take(source, String(n));
  expect(rig.handled).toEqual(['0', '1', '2', '3']);
  expect(rig.paused).toEqual(new Set(sources.slice(4)));
  rig.nextTurn();
  expect(rig.handled).toHaveLength(8);
  expect(rig.paused).toEqual(new Set(sources.slice(8)));
  rig.nextTurn();
  expect(rig.handled).toEqual(sources.map((_, n) => String(n)));
  expect(rig.intake.waiting).toBe(0);
});

test('a frame that comes while others wait does not pass them', () => {
  const rig = createRig(20);
  for (const frame of ['a', 'b', 'c']) rig.take(rig.source(), frame);
  rig.nextTurn();
  rig.take(rig.source(), 'd');
  while (rig.nextTurn() > 0);
  expect(rig.handled).toEqual(['a', 'b', 'c', 'd']);
});

test('nothing is lost, doubled or put out of order, and at rest there is no turn to wait for', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant('turn' as const));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.array(step), (costMs, steps) => {
      const rig = createRig(costMs);
      const sources = Array.from({ length: 5 }, () => rig.source());
      const taken: string[] = [];
      for (const [n, what] of steps.entries()) {
        const source = what === 'turn' ? undefined : sources[what];
        if (source === undefined) rig.nextTurn();
        // A paused stream brings nothing.
        else if (!rig.paused.has(source)) {
          taken.push(String(n));
          rig.take(source, String(n));
        }
      }
      for (let turns = 0; rig.nextTurn() > 0; turns += 1) expect(turns).toBeLessThan(1_000);
      expect(rig.handled).toEqual(taken);
      expect(rig.paused.size).toBe(0);
    }),
  );
});
