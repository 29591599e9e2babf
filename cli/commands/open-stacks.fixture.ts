/**
 * A workbench for stacks, whose processes are the stand-ins of cli/e2e/stand-in-stack.ts.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorkbench, type Workbench } from '../e2e/run-command.ts';
import { stackFolders, type StackFolders } from '../stack/folders.ts';
import type { StackState } from '../stack/stack-files.ts';
import { readState } from '../stack/state.ts';

/** For `up`. */
export const free = ['--port-base', '0'];

export function foldersOf({ home }: Workbench, name = 'default'): StackFolders {
  return stackFolders({ env: { CECOCHAT_HOME: home }, cwd: '/' }, name);
}

export async function stateOf(bench: Workbench, name = 'default'): Promise<StackState> {
  const state = await readState(foldersOf(bench, name));
  if (state === undefined) {
    throw new Error(`stack "${name}" has no state`);
  }
  return state;
}

/** Stops what a test left, so that a failing test leaves no process either. */
export async function openStacks(): Promise<Workbench> {
  const bench = await openWorkbench();
  return {
    ...bench,
    [Symbol.asyncDispose]: async () => {
      for (const name of await readdir(bench.home)) {
        await rm(join(bench.home, name, 'stack.lock'), { force: true });
        await bench.run(['down', '--name', name, '--timeout', '1s']);
      }
      await bench[Symbol.asyncDispose]();
    },
  };
}
