import { expect, test } from 'vitest';
import { awaitRestarts, type Looked } from './await-restarts.ts';
import { lookedAt } from './looked.fixture.ts';
import { handClock } from './supervisor/fake-processes.fixture.ts';

/** What each look sees, the last one for ever; and how long it was waited. */
async function wait(looks: readonly Looked[]): Promise<{ readonly last: Looked; readonly tookMs: number }> {
  const clock = handClock();
  let at = 0;
  const watched = awaitRestarts({
    clock: { ...clock, sleep: (ms) => Promise.resolve(clock.advance(ms)) },
    signal: new AbortController().signal,
    look: () => Promise.resolve(looks[Math.min(at++, looks.length - 1)] ?? lookedAt('absent', 'running')),
  });
  return { last: await watched, tookMs: clock.monotonicMs() };
}

test('a stack whose server is started again is waited for until all of it is ready', async () => {
  const looks = [lookedAt('unhealthy', 'waiting'), lookedAt('unhealthy', 'running'), lookedAt('ready', 'running')];
  expect(await wait(looks)).toMatchObject({ last: { condition: 'ready' }, tookMs: 200 });
});

test('one that does not get well is given up after ten seconds', async () => {
  expect(await wait([lookedAt('unhealthy', 'starting')])).toMatchObject({
    last: { condition: 'unhealthy' },
    tookMs: 10_000,
  });
});

test('nothing else is waited for', async () => {
  for (const one of [lookedAt('unhealthy', 'running'), lookedAt('dead', 'waiting'), lookedAt('ready', 'running')]) {
    expect(await wait([one])).toEqual({ last: one, tookMs: 0 });
  }
});
