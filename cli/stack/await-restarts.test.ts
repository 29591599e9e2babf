import { expect, test } from 'vitest';
import { awaitRestarts, type Looked } from './await-restarts.ts';
import type { ServerProcess, StackState } from './stack-files.ts';
import { handClock } from './supervisor/fake-processes.fixture.ts';

function looked(condition: Looked['condition'], state: ServerProcess['state']): Looked {
  const process = { serverId: 's1', pid: 1, processStart: '', state, restarts: 1, lastEnd: null, nextStartAtMs: null };
  const stack: StackState = {
    formatVersion: 1,
    name: 'default',
    version: '1',
    backends: 'external',
    status: 'running',
    pid: 2,
    processStart: '',
    startedAtMs: 0,
    readyAfterMs: 1,
    servers: [],
    processes: [process],
    profileUrl: '',
    connectUrl: '',
    configuratorUrl: '',
  };
  return { condition, state: stack };
}

/** What each look sees, the last one for ever; and how long it was waited. */
async function wait(looks: readonly Looked[]): Promise<{ readonly last: Looked; readonly tookMs: number }> {
  const clock = handClock();
  let at = 0;
  const watched = awaitRestarts({
    clock: { ...clock, sleep: (ms) => Promise.resolve(clock.advance(ms)) },
    signal: new AbortController().signal,
    look: () => Promise.resolve(looks[Math.min(at++, looks.length - 1)] ?? looked('absent', 'running')),
  });
  return { last: await watched, tookMs: clock.monotonicMs() };
}

test('a stack whose server is started again is waited for until all of it is ready', async () => {
  const looks = [looked('unhealthy', 'waiting'), looked('unhealthy', 'running'), looked('ready', 'running')];
  expect(await wait(looks)).toMatchObject({ last: { condition: 'ready' }, tookMs: 200 });
});

test('one that does not get well is given up after ten seconds', async () => {
  expect(await wait([looked('unhealthy', 'starting')])).toMatchObject({
    last: { condition: 'unhealthy' },
    tookMs: 10_000,
  });
});

test('nothing else is waited for', async () => {
  for (const one of [looked('unhealthy', 'running'), looked('dead', 'waiting'), looked('ready', 'running')]) {
    expect(await wait([one])).toEqual({ last: one, tookMs: 0 });
  }
});
