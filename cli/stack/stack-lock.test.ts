import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openWorkbench } from '../e2e/run-command.ts';
import { makeStackFolders, stackFolders } from './folders.ts';
import { acquireStackLock } from './stack-lock.ts';

describe('the lock of a stack', () => {
  test('is held by one at a time', async () => {
    await using bench = await openWorkbench();
    const { clock, random, signal } = bench.environment();
    const folders = stackFolders({ env: { CECOCHAT_HOME: bench.home }, cwd: '/' }, 'default');
    makeStackFolders(folders);
    let holders = 0;
    const work = async (): Promise<void> => {
      await using _lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs: 10_000 });
      holders += 1;
      expect(holders).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, work));
  });

  test.each([
    ['is taken over from a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, processStart: 'x' })],
    ['is taken over from a later process with the same pid', JSON.stringify({ pid: process.pid, processStart: 'x:1' })],
    ['is taken over when it is damaged', '{'],
  ])('%s', async (_what, text) => {
    await using bench = await openWorkbench();
    const { clock, random, signal } = bench.environment();
    const folders = stackFolders({ env: { CECOCHAT_HOME: bench.home }, cwd: '/' }, 'default');
    makeStackFolders(folders);
    await writeFile(join(folders.root, 'stack.lock'), text);
    await using lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs: 0 });
    await expect(acquireStackLock({ folders, clock, random, signal, timeoutMs: 0 })).rejects.toMatchObject({
      code: 'timed.out',
    });
    await lock[Symbol.asyncDispose]();
  });
});
