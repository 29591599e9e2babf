/**
 * The stack that is measured: the running one, or one brought up for it and thrown away afterwards.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Scope } from '../../../services/core/lifecycle.ts';
import { stackFolders } from '../../stack/folders.ts';
import { findRunningStack, type StackAccess } from '../../stack/running-stack.ts';
import { startStack, stopStack } from '../../stack/stack-life.ts';
import { readState } from '../../stack/state.ts';
import type { Invocation } from '../command.ts';

export interface BenchStack {
  readonly stack: StackAccess;
  /** Of the process with all servers. */
  readonly pid: number;
  /** On the file system of the stack's data. */
  readonly folder: string;
}

/** Errors: those of starting a stack. */
export async function openBenchStack(
  invocation: Invocation,
  given: { readonly name: string; readonly throwAway: boolean; readonly scope: Scope },
): Promise<BenchStack> {
  const { environment, output } = invocation;
  const running = given.throwAway ? undefined : await findStack(invocation, given.name);
  const stack = running ?? (await throwAwayStack(invocation, given.scope));
  output.progress(running === undefined ? `brought up stack "${stack.name}"` : `using stack "${stack.name}"`);
  const folders = stackFolders(environment, stack.name);
  const state = await readState(folders);
  if (state === undefined) {
    throw new CecochatError('stack.not_running', `stack "${stack.name}" has gone`, { hint: 'cecochat up' });
  }
  return { stack, pid: state.pid, folder: folders.root };
}

async function throwAwayStack(invocation: Invocation, scope: Scope): Promise<StackAccess> {
  const name = `bench-${Buffer.from(invocation.environment.random.bytes(4)).toString('hex')}`;
  scope.defer(async () => void (await stopStack(invocation, { name, timeoutMs: 10_000, deleteData: true })));
  return startStack(invocation, { name, timeoutMs: 30_000, portBase: 0, keep: false });
}

async function findStack({ environment }: Invocation, name: string): Promise<StackAccess | undefined> {
  try {
    return await findRunningStack(environment, name);
  } catch (error) {
    if (error instanceof CecochatError && error.code === 'stack.not_running') return undefined;
    throw error;
  }
}
