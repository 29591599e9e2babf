/**
 * `up --foreground` after ready: a dashboard, or the log as it comes, until Ctrl-C stops the stack, or until the
 * stack ends.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { stackFolders, type StackFolders } from '../stack/folders.ts';
import { isRunning } from '../stack/process/process-identity.ts';
import { stopStack, type StartedStack } from '../stack/stack-life.ts';
import { readState } from '../stack/state.ts';
import type { CommandResult, Invocation } from './command.ts';
import { showLog } from './logs.ts';

const pollMs = 250;
const stopLimitMs = 15_000;

export async function followStack(
  invocation: Invocation,
  { name }: StartedStack,
  { plain }: { readonly plain: boolean },
): Promise<CommandResult> {
  const { environment, output } = invocation;
  const { signal } = environment;
  const folders = stackFolders(environment, name);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const watching = watchEnd(invocation, name, either).then(() => ended.abort());
  const within = { output, environment: { ...environment, signal: either } };
  const isQuit = await (plain ? showLines(within, folders.logs) : showScreen(within, folders));
  await watching;
  if (!signal.aborted) {
    const state = await readState(folders).catch(() => undefined);
    if (state === undefined || state.status === 'stopped') {
      return { data: { name, ended: 'stopped' }, text: `stack "${name}" was stopped` };
    }
    throw new CecochatError('stack.unhealthy', `the process ${state.pid} of stack "${name}" ended without a word`, {
      hint: `cecochat logs --name ${name}, then cecochat up --name ${name}`,
    });
  }
  output.progress('stopping (Ctrl-C once more: leave it running)');
  // The abort has done its work: stopping is a job of its own.
  const calm = { ...environment, signal: new AbortController().signal };
  await stopStack({ output, environment: calm }, { name, timeoutMs: stopLimitMs, deleteData: false });
  if (isQuit) return { data: { name, ended: 'stopped' }, text: `stack "${name}" was stopped` };
  throw signal.reason;
}

/** Both show until the signal aborts; true: its user said so by a key. */
async function showLines({ environment, output }: Invocation, folder: string): Promise<boolean> {
  const shown = { folder, level: 'info', parts: [], tail: 0, follow: true } as const;
  await showLog({ output, environment }, shown).catch(() => undefined);
  return false;
}

async function showScreen(invocation: Invocation, folders: StackFolders): Promise<boolean> {
  const { environment } = invocation;
  const state = await readState(folders);
  if (state === undefined || environment.host === undefined) return showLines(invocation, folders.logs);
  const { host } = environment;
  const { showDashboard } = await import('./up-dashboard.ts');
  let isQuit = false;
  const stop = (how: 'quit' | 'interrupt'): void => {
    isQuit = how === 'quit';
    // From here on it is as if Ctrl-C had been pressed while lines are shown.
    host.interrupt();
  };
  await showDashboard({ environment, host, state, stop });
  return isQuit;
}

/** Resolves when the process of the stack is gone or the signal aborts. */
async function watchEnd({ environment }: Invocation, name: string, signal: AbortSignal): Promise<void> {
  const folders = stackFolders(environment, name);
  while (!signal.aborted) {
    const state = await readState(folders).catch(() => undefined);
    if (state === undefined || state.status === 'stopped' || !(await isRunning(state))) {
      return;
    }
    await environment.clock.sleep(pollMs, signal).catch(() => undefined);
  }
}
