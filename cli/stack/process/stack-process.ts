/**
 * The stack's own process: prepares secrets and ports, starts all servers, writes down how to reach them,
 * and stops them when it is told to. It gives up when `up` goes away before everything was ready.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Environment } from '../../commands/environment.ts';
import type { LogLevel } from '../../output/log-line.ts';
import { causesOf, envelopeError } from '../../output/error-text.ts';
import { readVersion } from '../../version.ts';
import { makeSecrets } from '../demo-users.ts';
import { makeStackFolders, stackFolders, type StackFolders } from '../folders.ts';
import { logRotation, openLogFile } from '../log-file.ts';
import { planPorts, type PortName } from '../ports.ts';
import { portBaseFor } from '../port-base.ts';
import type { Backends, StackSecrets, StackServer, StackState } from '../stack-files.ts';
import { readEngines, readPorts, readSecrets, readState, writePorts, writeSecrets, writeState } from '../state.ts';
import { openEngineGate, type EngineGate } from './engine-gate.ts';
import { untilForgotten } from './forgotten.ts';
import { isRunning, processStartOf } from './process-identity.ts';
import type { StackMessage } from './stack-message.ts';

/** All servers of the embedded stack, started by services/run.ts. */
export interface HostedServers extends AsyncDisposable {
  readonly servers: readonly StackServer[];
  /** Resolves when every server is ready. */
  ready(signal: AbortSignal): Promise<void>;
}

export interface HostRequest {
  readonly dataFolder: string;
  /** Settings of the engines, by name; the environment gives the others. */
  readonly engines: Readonly<Record<string, string>>;
  /** For engines that are only being started. */
  readonly gate: EngineGate | undefined;
  readonly host: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly secrets: StackSecrets;
  readonly logLevel: LogLevel;
  readonly writeLog: (text: string) => void;
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
  const { environment, folders, name, tell, gone } = options;
  const { clock, signal } = environment;
  const beganMs = clock.monotonicMs();
  await using log = openLogFile({ folder: folders.logs, ...logRotation });
  const [secrets, ports, chosen] = await Promise.all([
    ensureSecrets(options),
    choosePorts(options),
    readEngines(folders),
  ]);
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
    profileUrl: `http://${host}:${ports['profile.http']}`,
    connectUrl: `http://${host}:${ports['connect.http']}`,
    configuratorUrl: `http://${host}:${ports['configurator.http']}`,
  };
  await writeState(folders, starting);
  let state = starting;
  let isForgotten = false;
  try {
    const { logLevel, startServers } = options;
    const writeLog = (text: string): void => log.write(text);
    await using hosted = await startServers({
      dataFolder: folders.data,
      engines,
      gate:
        options.awaitEngines && environment.parent !== undefined
          ? openEngineGate(environment.parent, tell, AbortSignal.any([signal, gone]))
          : undefined,
      host,
      ports,
      secrets,
      logLevel,
      writeLog,
    });
    state = { ...state, servers: hosted.servers };
    await writeState(folders, state);
    tell({ kind: 'listening', afterMs: Math.round(clock.monotonicMs() - beganMs) });
    await hosted.ready(AbortSignal.any([signal, gone]));
    state = { ...state, status: 'running', readyAfterMs: Math.round(clock.monotonicMs() - beganMs) };
    await writeState(folders, state);
    tell({ kind: 'ready', afterMs: state.readyAfterMs ?? 0 });
    environment.parent?.close();
    await untilForgotten(folders, clock, signal);
    isForgotten = !signal.aborted;
  } finally {
    // Not to a folder that somebody deleted.
    if (!isForgotten) {
      log.flushSync();
      await writeState(folders, { ...state, status: 'stopped' });
    }
  }
  return { ...state, status: 'stopped' };
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

async function ensureSecrets({ environment, folders }: HostOptions): Promise<StackSecrets> {
  const found = await readSecrets(folders);
  if (found !== undefined) {
    return found;
  }
  const made = makeSecrets(environment.random);
  await writeSecrets(folders, made);
  return made;
}

async function choosePorts({
  environment,
  folders,
  name,
  portBase,
  tell,
}: HostOptions): Promise<Readonly<Record<PortName, number>>> {
  const remembered = portBase === undefined ? ((await readPorts(folders))?.ports ?? {}) : {};
  const base = portBase ?? (await portBaseFor(environment, name));
  const plan = await planPorts({ host, remembered, base });
  for (const replaced of plan.replaced) {
    tell({ kind: 'port-replaced', ...replaced });
  }
  await writePorts(folders, { formatVersion: 1, ports: plan.ports });
  return plan.ports;
}
