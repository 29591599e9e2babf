/**
 * Starts and stops a stack as a process of its own; `up`, `down` and `smoke` share it.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { CecochatError } from '../../services/core/errors.ts';
import { messageFrom } from '../../services/core/thrown.ts';
import type { Invocation } from '../commands/command.ts';
import { canRecover } from './await-recovery.ts';
import { awaitRestarts } from './await-restarts.ts';
import { dataHolder } from './data-holder.ts';
import { clearFolder, isUnused, removeEmpty } from './first-start.ts';
import { makeStackFolders, stackFolders, type StackFolders } from './folders.ts';
import { inspectStack, refuseOrphan, type StackInspection } from './inspect-stack.ts';
import { clearAway, launchServers } from './launch-servers.ts';
import type { Stray } from './process/end-servers.ts';
import { endStackProcess } from './process/end-stack-process.ts';
import { stopProcess, type Stopped } from './process/stop-process.ts';
import type { Report } from './part-report.ts';
import type { Provision } from './provision.ts';
import { accessOf, type StackAccess } from './running-stack.ts';
import { refuseOtherBackends, refuseOtherEngines, refuseOtherHosting } from './refuse-other.ts';
import { reportServers } from './server-reports.ts';
import { acquireStackLock } from './stack-lock.ts';
import { startInContainers } from './start-in-containers.ts';
import { startProvisioned } from './start-provisioned.ts';
import type { Backends, ServerHosting } from './stack-files.ts';
import { putStateAside, readSecrets, readSize, readState, writeEngines, writeSize, writeState } from './state.ts';
import { planScale } from './scale/plan-scale.ts';
import { scaleStack } from './scale/scale-stack.ts';

export interface StartRequest {
  readonly name: string;
  readonly timeoutMs: number;
  /** First port to try; undefined: what it had last; 0: free ports only (for throw-away stacks). */
  readonly portBase: number | undefined;
  /** Keep what started when not everything did. */
  readonly keep: boolean;
  /** Settings of the engines by name, to be kept with the stack; undefined: those it has. */
  readonly engines?: Readonly<Record<string, string>>;
  /** What it is to run on; one that runs on something else is left alone. */
  readonly backends?: Backends;
  /** How many messaging servers; undefined: as many as before, else as usual. */
  readonly messaging?: number | undefined;
  /** Where the servers run. */
  readonly servers?: ServerHosting;
  /** Brings up the engines themselves, before the servers. */
  readonly provision?: Provision;
  /** Told of every change of a part. */
  readonly report?: Report;
}

const stopLimitMs = 15_000;

export interface StopRequest {
  readonly name: string;
  /** How long it may take to stop by itself before it is killed. */
  readonly timeoutMs: number;
  /** Also delete data, logs and secrets: the whole folder of the stack. */
  readonly deleteData: boolean;
  /** What else is to go once its process has gone; when it fails, the folder stays. */
  readonly alsoStop?: () => Promise<void>;
}

export interface StartedStack extends StackAccess {
  readonly alreadyRunning: boolean;
  /** It was, but an engine of it had to be started again. */
  readonly isRepaired?: boolean;
  /** From the start of its process to all ready. */
  readonly readyAfterMs: number;
}

/**
 * Resolves when every server is ready. A failed start leaves nothing running unless `keep`; an interrupted one on
 * embedded engines leaves no folder either, unless there was one before.
 */
export async function startStack(invocation: Invocation, request: StartRequest): Promise<StartedStack> {
  const { environment } = invocation;
  const { name, timeoutMs } = request;
  const folders = stackFolders(environment, name);
  const stack = await startLocked(invocation, request).catch(async (error: unknown) => {
    // What went wrong first is what is told.
    await removeEmpty(folders).catch(() => undefined);
    throw error;
  });
  const size = await readSize(folders);
  const running = stack.servers.filter((server) => server.name === 'messaging').length;
  const { messaging = size.messaging } = request;
  const isAsAsked = request.messaging === undefined || request.messaging === running;
  if (size.isSpread && isAsAsked) return stack;
  try {
    await scaleStack(invocation, { name, messaging, timeoutMs });
  } catch (error) {
    const isOwn = !stack.alreadyRunning && request.provision === undefined;
    if (isOwn && !request.keep) await stopAgain(invocation, name);
    throw error;
  }
  return { ...(await started(invocation, stack)), isRepaired: stack.isRepaired === true };
}

async function stopAgain({ environment, output }: Invocation, name: string): Promise<void> {
  output.progress('stopping what was started (Ctrl-C once more: do not wait)');
  // The abort has done its work: stopping is a job of its own.
  const calm = { ...environment, signal: new AbortController().signal };
  try {
    await stopStack({ environment: calm, output }, { name, timeoutMs: stopLimitMs, deleteData: false });
  } catch (error) {
    output.warn(`what was started could not be stopped: ${messageFrom(error)}`);
  }
}

async function startLocked(invocation: Invocation, request: StartRequest): Promise<StartedStack> {
  const { environment, output } = invocation;
  const { name, timeoutMs } = request;
  const { clock, random, signal } = environment;
  const folders = stackFolders(environment, name);
  const wasThere = existsSync(folders.root);
  makeStackFolders(folders);
  const onWait = (pid: number): void => output.progress(`process ${pid} is busy with this stack: waiting for it`);
  await using _lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs, onWait });
  // The one that it waited for may have taken them away.
  makeStackFolders(folders);
  const isFirst = !wasThere && request.backends === 'embedded' && !request.keep && (await isUnused(folders));
  try {
    return await startIn(invocation, folders, request);
  } catch (error) {
    if (isFirst && signal.aborted) await clearFolder(folders);
    throw error;
  }
}

async function startIn(invocation: Invocation, folders: StackFolders, request: StartRequest): Promise<StartedStack> {
  const { environment } = invocation;
  const { name } = request;
  const { clock, signal } = environment;
  const before = await awaitRestarts({ clock, signal, look: () => inspectStack(environment, name) });
  refuseOrphan(before);
  refuseOtherBackends(before, request.backends);
  refuseOtherHosting(before, request.servers);
  await refuseOtherEngines(before, request.engines);
  await keepSize(before, request.messaging);
  const { provision, report = () => undefined } = request;
  if (provision !== undefined && request.servers === 'containers') {
    const { messaging } = await readSize(folders);
    const { isNew } = await startInContainers(invocation, { ...request, messaging, provision, report });
    return started(invocation, { name, alreadyRunning: !isNew });
  }
  if (provision !== undefined) {
    const launch = { ...request, folders, before, provision, report };
    const { isNew, isRepaired } = await startProvisioned(invocation, launch);
    return { ...(await started(invocation, { name, alreadyRunning: !isNew })), isRepaired };
  }
  if (before.condition === 'ready') {
    return started(invocation, { name, alreadyRunning: true });
  }
  await clearAway(invocation, before);
  if (request.engines !== undefined) await writeEngines(folders, { formatVersion: 1, settings: request.engines });
  await launchServers(invocation, { ...request, folders, reports: reportServers(report, false) });
  return started(invocation, { name, alreadyRunning: false });
}

/** For a stack that is to be started; one whose servers run is scaled. Error: usage.invalid, when it cannot be. */
async function keepSize(before: StackInspection, messaging: number | undefined): Promise<void> {
  const { condition, state, folders } = before;
  if (messaging === undefined) return;
  // Its supervisor would follow the number at once, without moving partitions first.
  if ((condition === 'ready' || canRecover(before)) && state !== undefined) {
    planScale(state, messaging);
    return;
  }
  const size = await readSize(folders);
  if (size.messaging !== messaging) await writeSize(folders, { formatVersion: 1, messaging, isSpread: false });
}

/** Resolves when the process is gone; a stack that is not running is fine. */
export async function stopStack({ environment, output }: Invocation, request: StopRequest): Promise<Stopped> {
  const { name, timeoutMs, deleteData, alsoStop } = request;
  const { clock, random, signal } = environment;
  const folders = stackFolders(environment, name);
  makeStackFolders(folders);
  let stopped: Stopped = 'was not running';
  {
    await using _lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs });
    let isDamaged = false;
    const state = await readState(folders).catch((error: unknown) => {
      const code = error instanceof CecochatError ? error.code : undefined;
      isDamaged = code === 'data.damaged';
      // A damaged file must not keep anybody from stopping the stack, nor a newer one from deleting it.
      if (isDamaged || (deleteData && code === 'data.newer')) return undefined;
      throw error;
    });
    if (state?.hosting === 'containers' && state.status !== 'stopped') {
      stopped = 'stopped';
      await writeState(folders, { ...state, status: 'stopped' });
    } else if (state !== undefined && state.status !== 'stopped') {
      const onKillServer = ({ serverId, pid }: Stray): void =>
        output.warn(`process ${pid} of server ${serverId} did not stop within ${timeoutMs} ms: killing it`);
      const onKill = (): void => output.warn(`process ${state.pid} did not stop within ${timeoutMs} ms: killing it`);
      const how = { timeoutMs, serversTimeoutMs: timeoutMs, onKill, onKillServer };
      stopped = await endStackProcess({ process: state, folders, clock, ...how });
    }
    // Whatever stack.json says: nobody may go on serving this data.
    const holder = await dataHolder(folders);
    if (holder !== undefined) {
      output.warn(`process ${holder.pid} has the data of stack "${name}", which stack.json does not say: stopping it`);
      const onKill = (): void => output.warn(`process ${holder.pid} did not stop within ${timeoutMs} ms: killing it`);
      stopped = await stopProcess({ process: holder, clock, timeoutMs, onKill });
    }
    if (isDamaged && !deleteData) {
      await putStateAside(folders);
      output.warn(`stack.json was damaged: it is kept as stack.json.damaged`);
    }
    await alsoStop?.();
  }
  if (deleteData) {
    await rm(folders.root, { recursive: true, force: true });
  }
  return stopped;
}

async function started(
  { environment }: Invocation,
  { name, alreadyRunning }: { name: string; alreadyRunning: boolean },
): Promise<StartedStack> {
  const folders = stackFolders(environment, name);
  const [state, secrets] = await Promise.all([readState(folders), readSecrets(folders)]);
  if (state === undefined || secrets === undefined) {
    throw new CecochatError(
      'data.damaged',
      `the files of stack "${name}" vanished from ${folders.root} while it started`,
    );
  }
  return { ...accessOf(state, secrets), alreadyRunning, readyAfterMs: state.readyAfterMs ?? 0 };
}
