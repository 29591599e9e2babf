/**
 * Starts and stops a stack as a process of its own; `up`, `down` and `smoke` share it.
 */
import { rm } from 'node:fs/promises';
import { CecochatError } from '../../services/core/errors.ts';
import type { Invocation } from '../commands/command.ts';
import { messageOf } from '../output/error-text.ts';
import { dataHolder } from './data-holder.ts';
import type { ProvisionedEngines } from './docker/docker-stack.ts';
import { makeStackFolders, stackFolders, type StackFolders } from './folders.ts';
import { inspectStack, refuseOrphan, type StackInspection } from './inspect-stack.ts';
import { launchStack } from './process/launch-stack.ts';
import { stopProcess, type Stopped } from './process/stop-process.ts';
import { portHolder } from './port-holder.ts';
import { accessOf, type StackAccess } from './running-stack.ts';
import { acquireStackLock } from './stack-lock.ts';
import type { Backends } from './stack-files.ts';
import { putStateAside, readEngines, readSecrets, readState, writeEngines, writeState } from './state.ts';

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
  /** Brings up the engines themselves, before the servers. */
  readonly provision?: (signal: AbortSignal) => Promise<ProvisionedEngines>;
}

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
  /** From the start of its process to all ready. */
  readonly readyAfterMs: number;
}

const launchAttempts = 3;

/** Resolves when every server is ready. A failed start leaves nothing running unless `keep`. */
export async function startStack(invocation: Invocation, request: StartRequest): Promise<StartedStack> {
  const { environment, output } = invocation;
  const { name, timeoutMs } = request;
  const { clock, random, signal } = environment;
  const folders = stackFolders(environment, name);
  await makeStackFolders(folders);
  const onWait = (pid: number): void => output.progress(`process ${pid} is busy with this stack: waiting for it`);
  await using _lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs, onWait });
  const before = await inspectStack(environment, name);
  refuseOrphan(before);
  refuseOtherBackends(before, request.backends);
  const { provision } = request;
  if (provision !== undefined) return startOnProvisioned(invocation, { ...request, folders, before, provision });
  if (before.condition === 'ready') {
    return started(invocation, { name, alreadyRunning: true });
  }
  await clearAway(invocation, before);
  if (request.engines !== undefined) await writeEngines(folders, { formatVersion: 1, settings: request.engines });
  await launchOnFreePorts(invocation, { ...request, folders });
  return started(invocation, { name, alreadyRunning: false });
}

interface ProvisionedStart extends StartRequest {
  readonly folders: StackFolders;
  readonly before: StackInspection;
  readonly provision: (signal: AbortSignal) => Promise<ProvisionedEngines>;
}

/** Engines first. When they or the servers fail, what was made of either is taken away again, unless `keep`. */
async function startOnProvisioned(invocation: Invocation, request: ProvisionedStart): Promise<StartedStack> {
  const { environment } = invocation;
  const { name, folders, before, provision, timeoutMs, keep } = request;
  const { clock } = environment;
  const endMs = clock.monotonicMs() + timeoutMs;
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort(tooLate(name, timeoutMs)));
  const { engines, isChanged, undo } = await provision(AbortSignal.any([environment.signal, late.signal])).finally(() =>
    timer.cancel(),
  );
  try {
    const known = await readEngines(folders).catch(() => undefined);
    const isSame = JSON.stringify(known?.settings) === JSON.stringify(engines.settings);
    await writeEngines(folders, engines);
    if (before.condition === 'ready' && isSame && !isChanged)
      return await started(invocation, { name, alreadyRunning: true });
    // Servers that met a dead engine, or that know another address, start anew.
    await clearAway(invocation, before.condition === 'ready' ? { ...before, condition: 'unhealthy' } : before);
    await launchOnFreePorts(invocation, { ...request, timeoutMs: Math.max(1000, endMs - clock.monotonicMs()) });
    return await started(invocation, { name, alreadyRunning: false });
  } catch (error) {
    if (!keep)
      await undo().catch((problem: unknown) => invocation.output.warn(`containers are left: ${messageOf(problem)}`));
    throw error;
  }
}

function tooLate(name: string, timeoutMs: number): CecochatError {
  return new CecochatError('timed.out', `stack "${name}" was not ready after ${timeoutMs} ms`, {
    hint: 'give it longer with --timeout, or look at it with --keep and "cecochat status"',
  });
}

function refuseOtherBackends({ name, condition, state }: StackInspection, backends: Backends | undefined): void {
  const runs = condition === 'ready' || condition === 'starting' || condition === 'unhealthy';
  if (!runs || state === undefined || backends === undefined || state.backends === backends) return;
  throw new CecochatError(
    'usage.invalid',
    `stack "${name}" runs on ${state.backends} engines, not on ${backends} ones`,
    {
      hint: 'stop it first with "cecochat down", or give the new one another name with --name; data does not move',
      data: { stack: name },
    },
  );
}

/**
 * A port that was free may be taken before it is listened on, by a stack that starts beside this one: then
 * ports are chosen anew.
 */
async function launchOnFreePorts(
  invocation: Invocation,
  request: StartRequest & { readonly folders: StackFolders },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const replaced: ReplacedPort[] = [];
    try {
      await launchStack({
        ...request,
        environment: invocation.environment,
        onMessage: (message) => {
          if (message.kind === 'port-replaced') {
            replaced.push(message);
          }
        },
      });
    } catch (error) {
      if (error instanceof CecochatError && error.code === 'port.busy' && attempt < launchAttempts) {
        continue;
      }
      throw error;
    }
    await sayReplaced(invocation, replaced);
    return;
  }
}

/** Resolves when the process is gone; a stack that is not running is fine. */
export async function stopStack({ environment, output }: Invocation, request: StopRequest): Promise<Stopped> {
  const { name, timeoutMs, deleteData, alsoStop } = request;
  const { clock, random, signal } = environment;
  const folders = stackFolders(environment, name);
  await makeStackFolders(folders);
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
    if (state !== undefined && state.status !== 'stopped') {
      const onKill = (): void => output.warn(`process ${state.pid} did not stop within ${timeoutMs} ms: killing it`);
      stopped = await stopProcess({ process: state, clock, timeoutMs, onKill });
      await writeState(folders, { ...state, status: 'stopped' });
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

async function clearAway({ environment, output }: Invocation, found: StackInspection): Promise<void> {
  const { state, name, condition } = found;
  if (condition === 'dead') {
    output.progress(`stack "${name}" had died (process ${state?.pid} is gone): starting it again`);
  }
  if (state !== undefined && (condition === 'unhealthy' || condition === 'starting')) {
    const sick = found.health.filter((server) => server.state !== 'ready').map((server) => server.server.serverId);
    output.progress(
      `stack "${name}" runs but is not ready (${sick.join(', ') || 'no server listens'}): starting it again`,
    );
    await stopProcess({ process: state, clock: environment.clock, timeoutMs: 10_000 });
  }
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

interface ReplacedPort {
  readonly name: string;
  readonly wanted: number;
  readonly got: number;
}

const mostSaidOneByOne = 3;

/** Port by port; all in one line when another stack, say, has the whole block. */
async function sayReplaced({ output }: Invocation, replaced: readonly ReplacedPort[]): Promise<void> {
  const [first] = replaced;
  if (first !== undefined && replaced.length > mostSaidOneByOne) {
    const ports = replaced.map(({ wanted }) => wanted);
    const now = replaced.map(({ got }) => got);
    const range = (of: readonly number[]): string => `${Math.min(...of)}-${Math.max(...of)}`;
    output.warn(
      `${ports.length} of the ports ${range(ports)} are busy${await heldBy(first.wanted)}: using ${range(now)}`,
    );
    return;
  }
  for (const { name, wanted, got } of replaced) {
    output.warn(`port ${wanted} is busy${await heldBy(wanted)}: using ${got} for ${name}`);
  }
}

async function heldBy(port: number): Promise<string> {
  const holder = await portHolder(port);
  return holder === undefined ? '' : ` (${holder})`;
}
