import { expect, test } from 'vitest';
import { awaitRecovery } from './await-recovery.ts';
import type { Looked } from './await-restarts.ts';
import { lookedAt } from './looked.fixture.ts';
import { handClock } from './supervisor/fake-processes.fixture.ts';

const ready = lookedAt('ready', 'running');
const unhealthy = lookedAt('unhealthy', 'running');

/** What each look sees, the last one for ever; whether it recovers, and how long that takes. */
async function recovery(...looks: readonly Looked[]): Promise<[boolean, number]> {
  const clock = handClock();
  let at = 0;
  const recovers = await awaitRecovery({
    clock: { ...clock, sleep: (ms) => Promise.resolve(clock.advance(ms)) },
    signal: new AbortController().signal,
    look: () => Promise.resolve(looks[Math.min(at++, looks.length - 1)] ?? ready),
  });
  return [recovers, clock.monotonicMs()];
}

test('servers that are ready and stay so have recovered, also when they first notice that an engine was away', async () => {
  expect(await recovery(ready)).toEqual([true, 1_600]);
  expect(await recovery(ready, unhealthy, unhealthy, ready)).toEqual([true, 2_200]);
});

test('servers that are not ready in time, or one of which ends, have not', async () => {
  expect(await recovery(unhealthy)).toEqual([false, 20_000]);
  expect(await recovery(unhealthy, lookedAt('unhealthy', 'waiting'))).toEqual([false, 200]);
  expect(await recovery(lookedAt('dead', 'running'))).toEqual([false, 0]);
});
