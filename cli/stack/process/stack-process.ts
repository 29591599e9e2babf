/**
 * The stack's own process: prepares secrets and ports, starts all servers, writes down how to reach them,
 * and stops them when it is told to. It gives up when `up` goes away before everything was ready.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Environment } from '../../commands/environment.ts';
import type { LogLevel } from '../../output/log-line.ts';
import { causesOf, envelopeError } from '../../output/error-text.ts';
import { readVersion } from '../../version.ts';
import { ensureSecrets } from '../demo-users.ts';
import { makeStackFolders, stackFolders, type StackFolders } from '../folders.ts';
import { logRotation, openLogFile } from '../log-file.ts';
import { messagingIds, type Ports, type ReplacedPort } from '../ports.ts';
import { chooseServerPorts } from '../server-ports.ts';
import type { Backends, ServerProcess, StackSecrets, StackServer, StackState } from '../stack-files.ts';
import { readEngines, readSize, readState } from '../state.ts';
import { openEngineGate, type EngineGate } from './engine-gate.ts';
import { untilForgotten } from './forgotten.ts';
import { openStateFile } from './state-file.ts';
import { isRunning, processStartOf } from './process-identity.ts';
import type { StackMessage } from './stack-message.ts';

/** All servers of a stack, in this process or in processes of their own. */
export interface HostedServers extends AsyncDisposable {
  /** As they are now. */
  readonly servers: readonly StackServer[];
  /** Resolves when every server listens, and what they seed is there. */
  listening(signal: AbortSignal): Promise<void>;
  /** Resolves when every server is ready. */
  ready(signal: AbortSignal): Promise<void>;
}

export interface HostRequest {
  readonly backends: Backends;
  readonly folders: StackFolders;
  /** Settings of the engines, by name; the environment gives the others. */
  readonly engines: Readonly<Record<string, string>>;
  /** For engines that are only being started. */
  readonly gate: EngineGate | undefined;
  readonly host: string;
  readonly ports: Ports;
  /** For another number of messaging servers; those of the present ones stay. */
  readonly choosePorts: (messaging: number) => Promise<Ports>;
  readonly profileUrl: string;
  readonly configuratorUrl: string;
  readonly messagingServerIds: readonly string[];
  readonly secrets: StackSecrets;
  readonly logLevel: LogLevel;
  readonly writeLog: (text: string) => void;
  /** Aborts when the stack is to stop, or when `up` went away, before everything is ready. */
  readonly signal: AbortSignal;
  /** Servers that have processes of their own: called when something of them changes. */
  readonly changed: (servers: readonly StackServer[], processes: readonly ServerProcess[]) => void;
}

export interface StackProcessOptions {
  readonly environment: Environment;
  readonly name: string;
  readonly logLevel: LogLevel;
  /** undefined: what it had last, or the lowest free block; 0: any free ports. */
  readonly portBase: number | undefined;
  /** Go on when `up` goes away before everything is ready. */
  readonly keep: boolean;
  /** `up` says when each engine may be opened. */
  readonly awaitEngines: boolean;
  readonly startServers: (request: HostRequest) => Promise<HostedServers>;
}

const host = '127.0.0.1';

/** Resolves after a graceful stop. */
export async function runStackProcess(options: StackProcessOptions): Promise<StackState> {
  const { environment, name } = options;
  const tell = (message: StackMessage): void => environment.parent?.send(message);
  const gone = new AbortController();
  if (!options.keep) {
    environment.parent?.onGone(() => gone.abort(new CecochatError('interrupted', '"cecochat up" went away')));
  }
  try {
    const folders = stackFolders(environment, name);
    makeStackFolders(folders);
    await refuseSecond(folders, name);
    return await hostStack({ ...options, folders, tell, gone: gone.signal });
  } catch (thrown) {
    // Whatever an interrupted start ends with: it was interrupted.
    const error: unknown = environment.signal.aborted ? environment.signal.reason : thrown;
    const { code, message, hint } = envelopeError(error);
    tell({ kind: 'failed', error: { code, message, hint, causes: error instanceof Error ? causesOf(error) : [] } });
    throw error;
  } finally {
    environment.parent?.close();
  }
}

interface HostOptions extends StackProcessOptions {
  readonly folders: StackFolders;
  readonly tell: (message: StackMessage) => void;
  readonly gone: AbortSignal;
}

async function hostStack(options: HostOptions): Promise<StackState> {
  const { environment, folders, name, portBase, tell, gone } = options;
  const { clock, signal } = environment;
  const beganMs = clock.monotonicMs();
  await using log = openLogFile({ folder: folders.logs, ...logRotation });
  const { messaging } = await readSize(folders);
  const onReplaced = (replaced: ReplacedPort): void => tell({ kind: 'port-replaced', ...replaced });
  const choosePorts = (count: number, present?: Ports): Promise<Ports> =>
    chooseServerPorts({ environment, folders, name, portBase, messaging: count, present, onReplaced });
  const [secrets, firstPorts, chosen] = await Promise.all([
    ensureSecrets(folders, environment.random),
    choosePorts(messaging),
    readEngines(folders),
  ]);
  let ports = firstPorts;
  const engines = chosen?.settings ?? {};
  const starting: StackState = {
    formatVersion: 1,
    name,
    version: readVersion(),
    backends: chosen?.docker === undefined ? backendsOf(engines, environment.env) : 'docker',
    status: 'starting',
    pid: process.pid,
    processStart: (await processStartOf(process.pid)) ?? '',
    startedAtMs: clock.nowMs(),
    readyAfterMs: null,
    servers: [],
    processes: [],
    profileUrl: `http://${host}:${ports['profile.http']}`,
    connectUrl: `http://${host}:${ports['connect.http']}`,
    configuratorUrl: `http://${host}:${ports['configurator.http']}`,
  };
  const either = AbortSignal.any([signal, gone]);
  either.throwIfAborted();
  const file = openStateFile(folders, starting);
  await file.update({});
  let isForgotten = false;
  try {
    const { logLevel, startServers } = options;
    await using hosted = await startServers({
      backends: starting.backends,
      folders,
      engines,
      gate:
        options.awaitEngines && environment.parent !== undefined
          ? openEngineGate(environment.parent, tell, either)
          : undefined,
      host,
      ports,
      choosePorts: async (count) => (ports = await choosePorts(count, ports)),
      profileUrl: starting.profileUrl,
      configuratorUrl: starting.configuratorUrl,
      messagingServerIds: messagingIds(messaging),
      secrets,
      logLevel,
      writeLog: (text) => log.write(text),
      signal: either,
      // What cannot be written because somebody deleted the folder has nobody to read it.
      changed: (servers, processes) => void file.update({ servers, processes }).catch(() => undefined),
    });
    await file.update({ servers: hosted.servers });
    await hosted.listening(either);
    tell({ kind: 'listening', afterMs: Math.round(clock.monotonicMs() - beganMs) });
    await hosted.ready(either);
    const readyAfterMs = Math.round(clock.monotonicMs() - beganMs);
    await file.update({ status: 'running', readyAfterMs });
    tell({ kind: 'ready', afterMs: readyAfterMs });
    environment.parent?.close();
    await untilForgotten(folders, clock, signal);
    isForgotten = !signal.aborted;
  } finally {
    // Not to a folder that somebody deleted.
    if (!isForgotten) {
      log.flushSync();
      await file.update({ status: 'stopped', processes: [] });
    }
  }
  return { ...file.state, status: 'stopped' };
}

function backendsOf(engines: HostRequest['engines'], env: Environment['env']): Backends {
  return (engines['backend'] ?? env['CECOCHAT_ENGINES_BACKEND']) === 'external' ? 'external' : 'embedded';
}

async function refuseSecond(folders: StackFolders, name: string): Promise<void> {
  const state = await readState(folders);
  if (state !== undefined && state.status !== 'stopped' && state.pid !== process.pid && (await isRunning(state))) {
    throw new CecochatError('data.locked', `stack "${name}" already runs as process ${state.pid}`, {
      hint: `cecochat down --name ${name}`,
      data: { pid: String(state.pid) },
    });
  }
}
