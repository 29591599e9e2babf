/**
 * What is true of a stack now: its files compared with the process and the servers' own answers.
 */
import type { Environment } from '../commands/environment.ts';
import { stackFolders, type StackFolders } from './folders.ts';
import { checkServers, type ServerHealth } from './health.ts';
import { isRunning, residentBytesOf } from './process/process-identity.ts';
import type { StackState } from './stack-files.ts';
import { readState } from './state.ts';

export interface StackInspection {
  readonly name: string;
  readonly folders: StackFolders;
  /** absent: never started; stopped: stopped as it should; dead: its process vanished; starting, ready, unhealthy: it runs. */
  readonly condition: 'absent' | 'stopped' | 'dead' | 'starting' | 'ready' | 'unhealthy';
  readonly state: StackState | undefined;
  readonly health: readonly ServerHealth[];
  readonly memoryBytes: number | undefined;
}

export async function inspectStack(environment: Environment, name: string): Promise<StackInspection> {
  const folders = stackFolders(environment, name);
  const state = await readState(folders);
  const nothing = { name, folders, state, health: [], memoryBytes: undefined };
  if (state === undefined || state.status === 'stopped') {
    return { ...nothing, condition: state === undefined ? 'absent' : 'stopped' };
  }
  if (!(await isRunning(state))) {
    return { ...nothing, condition: 'dead' };
  }
  const [health, memoryBytes] = await Promise.all([
    checkServers(state.servers, environment.signal),
    residentBytesOf(state.pid),
  ]);
  const allReady = health.length > 0 && health.every((server) => server.state === 'ready');
  const condition =
    allReady && state.status === 'running' ? 'ready' : state.status === 'starting' ? 'starting' : 'unhealthy';
  return { name, folders, state, condition, health, memoryBytes };
}
