/**
 * Starts a stack whose servers are containers beside their engines, or gives it another number of them. No process of
 * ours stays: the engine restarts what ends, and stack.json says where the servers are reached.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { messageFrom } from '../../services/core/thrown.ts';
import { callHttp } from '../client/http-json.ts';
import type { Invocation } from '../commands/command.ts';
import { readVersion } from '../version.ts';
import { ensureSecrets } from './demo-users.ts';
import { stackFolders, type StackFolders } from './folders.ts';
import type { Report } from './part-report.ts';
import { messagingIds, type Ports } from './ports.ts';
import { processStartOf } from './process/process-identity.ts';
import type { Provision } from './provision.ts';
import { chooseServerPorts } from './server-ports.ts';
import { untilSettled } from './settled.ts';
import type { StackSecrets, StackState } from './stack-files.ts';
import { stackServers } from './stack-servers.ts';
import { readPorts, readState, writeEngines, writeState } from './state.ts';

export interface ContainerStart {
  readonly name: string;
  readonly provision: Provision;
  readonly messaging: number;
  readonly portBase: number | undefined;
  readonly timeoutMs: number;
  readonly keep: boolean;
  readonly report: Report;
}

const host = '127.0.0.1';

/** `isNew`: whether anything was to be done. What a failed start made is taken away again, unless `keep`. */
export async function startInContainers(
  invocation: Invocation,
  request: ContainerStart,
): Promise<{ readonly isNew: boolean }> {
  const { environment } = invocation;
  const { name, provision, timeoutMs, keep, report } = request;
  const { clock, random } = environment;
  const folders = stackFolders(environment, name);
  const secrets = await ensureSecrets(folders, random);
  const before = await readState(folders);
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort(tooLate(name, timeoutMs)));
  const signal = AbortSignal.any([environment.signal, late.signal]);
  const beganMs = clock.monotonicMs();
  let undo: (() => Promise<void>) | undefined;
  let ports: Ports = {};
  let isNew = false;
  try {
    undo = await provision.run({
      signal,
      onUp: () => undefined,
      servers: {
        messagingServerIds: messagingIds(request.messaging),
        adminToken: secrets.adminToken,
        choosePorts: async (held) => (ports = await choosePorts(invocation, { request, folders, held })),
      },
      onPlanned: async ({ engines, isChange, isServerChange }) => {
        isNew = isChange || isServerChange || before?.status !== 'running' || before.hosting === undefined;
        await writeEngines(folders, engines);
        if (isNew) await writeState(folders, await stateOf(invocation, { request, ports, status: 'starting' }));
      },
    });
    if (!isNew) return { isNew };
    const state = await stateOf(invocation, { request, ports, status: 'running' });
    await seed(state, { secrets, signal, report });
    await untilSettled({ ...state, adminToken: secrets.adminToken, clock, signal });
    report({ part: 'servers', step: 'ready', detail: '' });
    const readyAfterMs = Math.round(clock.monotonicMs() - beganMs);
    const startedAtMs = before?.status === 'running' ? before.startedAtMs : state.startedAtMs;
    await writeState(folders, { ...state, startedAtMs, readyAfterMs });
    return { isNew };
  } catch (error) {
    if (!keep) {
      await undo?.().catch((problem: unknown) =>
        invocation.output.warn(`containers are left: ${messageFrom(problem)}`),
      );
    }
    // Of a stack that ran before, what was not changed goes on.
    const after = before?.hosting === undefined ? undefined : before;
    const failed = await stateOf(invocation, { request, ports, status: keep ? 'running' : 'stopped' });
    await writeState(folders, after ?? failed);
    throw error;
  } finally {
    timer.cancel();
  }
}

interface Choosing {
  readonly request: ContainerStart;
  readonly folders: StackFolders;
  readonly held: ReadonlySet<number>;
}

/** Those of containers that run stay as they are. */
async function choosePorts({ environment, output }: Invocation, { request, folders, held }: Choosing): Promise<Ports> {
  const { name, portBase, messaging } = request;
  const remembered = Object.entries((await readPorts(folders))?.ports ?? {});
  const present = Object.fromEntries(remembered.filter(([, port]) => held.has(port)));
  return chooseServerPorts({
    environment,
    folders,
    name,
    portBase,
    messaging,
    present,
    onReplaced: ({ name: socket, wanted, got }) => output.warn(`port ${wanted} is busy: using ${got} for ${socket}`),
  });
}

async function stateOf(
  { environment }: Invocation,
  { request, ports, status }: { request: ContainerStart; ports: Ports; status: StackState['status'] },
): Promise<StackState> {
  const servers = stackServers(host, ports, messagingIds(request.messaging));
  const url = (name: string): string => servers.find((server) => server.name === name)?.httpAddress ?? '';
  return {
    formatVersion: 1,
    name: request.name,
    version: readVersion(),
    backends: 'docker',
    hosting: 'containers',
    status,
    pid: process.pid,
    processStart: (await processStartOf(process.pid)) ?? '',
    startedAtMs: environment.clock.nowMs(),
    readyAfterMs: null,
    servers,
    processes: [],
    profileUrl: url('profile'),
    connectUrl: url('connect'),
    configuratorUrl: url('configurator'),
  };
}

interface Seeding {
  readonly secrets: StackSecrets;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Their passwords go to no container: profile is asked, as for any other user. */
async function seed({ profileUrl }: StackState, { secrets, signal, report }: Seeding): Promise<void> {
  report({ part: 'users', step: 'seed', detail: '' });
  const { adminToken: token, users } = secrets;
  const url = `${profileUrl}/api/users`;
  await Promise.all(
    users.map((user) => callHttp({ url, method: 'POST', token, body: user, signal }).catch(unlessExists)),
  );
  report({ part: 'users', step: 'ready', detail: '' });
}

function unlessExists(error: unknown): void {
  if (!(error instanceof CecochatError && error.code === 'user.exists')) throw error;
}

function tooLate(name: string, timeoutMs: number): CecochatError {
  return new CecochatError('timed.out', `stack "${name}" was not ready after ${timeoutMs} ms`, {
    hint: 'give it longer with --timeout, or look at it with --keep and "cecochat status"',
  });
}
