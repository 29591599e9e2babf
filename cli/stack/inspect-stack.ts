/**
 * What is true of a stack now: its files compared with the process and the servers' own answers.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Environment } from '../commands/environment.ts';
import { dataHolder } from './data-holder.ts';
import { stackFolders, type StackFolders } from './folders.ts';
import { checkServers, type ServerHealth } from './health.ts';
import { findStrays, type Stray } from './process/end-servers.ts';
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
  /** Of all its processes. */
  readonly memoryBytes: number | undefined;
  /** Of a dead stack: servers that its supervisor left. */
  readonly strays: readonly Stray[];
  /** The process that has the data open although the files say that none runs. */
  readonly orphanPid: number | undefined;
}

export async function inspectStack(environment: Environment, name: string): Promise<StackInspection> {
  const folders = stackFolders(environment, name);
  const state = await readState(folders);
  const nothing = { name, folders, state, health: [], memoryBytes: undefined, strays: [], orphanPid: undefined };
  if (state === undefined || state.status === 'stopped') {
    const condition = state === undefined ? 'absent' : 'stopped';
    return { ...nothing, condition, orphanPid: await orphanOf(folders, state) };
  }
  if (state.hosting === 'containers') return inContainers({ ...nothing, state }, environment);
  if (!(await isRunning(state))) {
    const [orphanPid, strays] = await Promise.all([orphanOf(folders, state), findStrays(state)]);
    return { ...nothing, condition: 'dead', orphanPid, strays };
  }
  const [health, memoryBytes] = await Promise.all([checkProcesses(state, environment), residentBytes(state)]);
  const allReady = health.length > 0 && health.every((server) => server.state === 'ready');
  const condition =
    allReady && state.status === 'running' ? 'ready' : state.status === 'starting' ? 'starting' : 'unhealthy';
  return { name, folders, state, condition, health, memoryBytes, strays: [], orphanPid: undefined };
}

/** What the servers themselves answer; the containers are looked at by labels. */
async function inContainers(
  nothing: Omit<StackInspection, 'condition'> & { readonly state: StackState },
  { signal }: Environment,
): Promise<StackInspection> {
  const { state } = nothing;
  const health = await checkServers(state.servers, signal);
  if (state.status === 'starting') {
    return { ...nothing, health, condition: (await isRunning(state)) ? 'starting' : 'unhealthy' };
  }
  if (health.every((server) => server.state === 'unreachable')) return { ...nothing, condition: 'dead' };
  return { ...nothing, health, condition: health.every((one) => one.state === 'ready') ? 'ready' : 'unhealthy' };
}

/** The servers' own answers; where one has no process now, why. */
export async function checkProcesses(
  { servers, processes }: StackState,
  { clock, signal }: Pick<Environment, 'clock' | 'signal'>,
): Promise<readonly ServerHealth[]> {
  const health = await checkServers(servers, signal);
  return health.map((one) => {
    const found = processes.find(({ serverId }) => serverId === one.server.serverId);
    if (found?.state !== 'waiting') return one;
    const { lastEnd, nextStartAtMs } = found;
    const inMs = Math.max(0, (nextStartAtMs ?? 0) - clock.nowMs());
    return { ...one, state: 'unreachable', reasons: [`${lastEnd ?? 'it ended'}; it starts again in ${inMs} ms`] };
  });
}

/** Of all processes of a stack, as far as it can be learned. */
export async function residentBytes({ pid, processes }: StackState): Promise<number | undefined> {
  const pids = [pid, ...processes.flatMap((one) => (one.pid === null ? [] : [one.pid]))];
  const sizes = (await Promise.all(pids.map(residentBytesOf))).filter((size) => size !== undefined);
  return sizes.length === 0 ? undefined : sizes.reduce((sum, size) => sum + size, 0);
}

async function orphanOf(folders: StackFolders, state: StackState | undefined): Promise<number | undefined> {
  const pid = (await dataHolder(folders))?.pid;
  // It says that it stopped a moment before it is gone.
  return pid === state?.pid ? undefined : pid;
}

/** Error: stack.unhealthy, when a process has the data that the files know nothing of. */
export function refuseOrphan({ name, orphanPid }: Pick<StackInspection, 'name' | 'orphanPid'>): void {
  if (orphanPid === undefined) return;
  const argument = name === 'default' ? '' : ` --name ${name}`;
  throw new CecochatError(
    'stack.unhealthy',
    `process ${orphanPid} has the data of stack "${name}", but stack.json does not say how to reach it`,
    { hint: `cecochat down${argument}, then cecochat up${argument}`, data: { stack: name, pid: String(orphanPid) } },
  );
}
