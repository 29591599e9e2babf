/**
 * Ctrl-C while `up` waits.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CecochatError } from '../../services/core/errors.ts';
import type { Ran, Workbench } from '../e2e/run-command.ts';
import { makeStackFolders } from '../stack/folders.ts';
import { launchStack } from '../stack/process/launch-stack.ts';
import { isRunning } from '../stack/process/process-identity.ts';
import type { StackState } from '../stack/stack-files.ts';
import { readState } from '../stack/state.ts';
import { foldersOf, free, openStacks, stateOf } from './open-stacks.fixture.ts';

interface Circumstances {
  readonly args?: readonly string[];
  /** Before the interruption. */
  readonly meanwhile?: () => Promise<void>;
}

/** An `up` that gets SIGINT once its process has written down that it starts, and after `meanwhile`. */
async function interrupted(
  bench: Workbench,
  behaviour: string,
  { args = [], meanwhile = () => Promise.resolve() }: Circumstances = {},
): Promise<{ readonly ran: Ran; readonly state: StackState }> {
  const interrupt = new AbortController();
  const up = bench.run(['up', ...free, ...args], { env: { STAND_IN: behaviour }, signal: interrupt.signal });
  const folders = foldersOf(bench);
  let state = await readState(folders);
  while (state?.status !== 'starting' || state.servers.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    state = await readState(folders);
  }
  expect(await isRunning(state)).toBe(true);
  await meanwhile();
  interrupt.abort(new CecochatError('interrupted', 'interrupted by SIGINT'));
  return { ran: await up, state };
}

describe('an up that is interrupted', () => {
  test('before it was ever ready, exits with 130 and leaves nothing', async () => {
    await using bench = await openStacks();
    const { ran, state } = await interrupted(bench, 'never');
    expect(ran).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('stopping what was started') });
    expect(ran.stderr).not.toContain('last lines of the log');
    expect(await isRunning(state)).toBe(false);
    expect(await readdir(bench.home)).toEqual([]);
  });

  test('keeps what was there before, and says that it is stopped, also when it had to be killed', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    await bench.run(['down']);
    const kept = join(bench.home, 'default', 'data', 'kept');
    await writeFile(kept, 'by me');
    for (const behaviour of ['never', 'mortal']) {
      const { ran, state } = await interrupted(bench, behaviour);
      expect([ran.code, await isRunning(state)]).toEqual([130, false]);
      expect(await bench.run(['status'])).toMatchObject({ code: 3, stderr: expect.stringContaining('is stopped') });
    }
    expect(await readFile(kept, 'utf8')).toBe('by me');
  });

  test('leaves its folder, but nothing running, with --keep', async () => {
    await using bench = await openStacks();
    const { ran, state } = await interrupted(bench, 'mortal', { args: ['--keep'] });
    expect([ran.code, await isRunning(state)]).toEqual([130, false]);
    expect((await stateOf(bench)).status).toBe('stopped');
  });

  test('while its process is being started notices it', async () => {
    await using bench = await openStacks();
    const interrupt = new AbortController();
    const reason = new CecochatError('interrupted', 'interrupted by SIGINT');
    const environment = bench.environment({ env: { STAND_IN: 'never' }, signal: interrupt.signal });
    const folders = foldersOf(bench);
    makeStackFolders(folders);
    const how = { name: 'default', folders, portBase: 0, timeoutMs: 60_000, keep: false };
    const told = { onMessage: () => undefined, onStop: () => undefined, onKill: () => undefined };
    // Its environment is read when the process is started.
    const launching = launchStack({
      ...how,
      ...told,
      environment: {
        ...environment,
        get env() {
          interrupt.abort(reason);
          return environment.env;
        },
      },
    });
    await expect(launching).rejects.toBe(reason);
    expect((await readState(folders))?.status ?? 'stopped').toBe('stopped');
  });

  test('lets the one that waits for it start', async () => {
    await using bench = await openStacks();
    let waiting: Promise<Ran> | undefined;
    const { ran } = await interrupted(bench, 'never', {
      meanwhile: async () => {
        const waits = new Promise<void>((resolve) => {
          waiting = bench.run(['up', ...free], { onStderr: (text) => text.includes('waiting for it') && resolve() });
        });
        await waits;
      },
    });
    expect(ran.code).toBe(130);
    expect(await waiting).toMatchObject({ code: 0, stdout: expect.stringContaining('is ready') });
    expect((await stateOf(bench)).status).toBe('running');
  });
});
