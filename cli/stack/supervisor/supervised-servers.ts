/**
 * The servers of a stack on engines outside, each as a process of its own under this one, which follows how many
 * messaging servers there are to be. It loads no server itself.
 */
import { availableParallelism } from 'node:os';
import { dateAt } from '../../../services/core/time/date.ts';
import type { Environment } from '../../commands/environment.ts';
import type { HostedServers, HostRequest } from '../process/stack-process.ts';
import { engineNames, type EngineName } from '../process/stack-message.ts';
import { messagingIds } from '../ports.ts';
import type { ServerName } from '../server-names.ts';
import { stackServers } from '../stack-servers.ts';
import type { StackServer } from '../stack-files.ts';
import { readSize } from '../state.ts';
import { untilSettled } from '../settled.ts';
import type { Begin } from './begin-message.ts';
import { unitName } from './launch-server.ts';
import { spawnServer } from './spawn-server.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import type { Report } from './supervised-server.ts';
import { createTurns } from './turns.ts';

const sizePollMs = 200;
const startMs = 15_000;
/** Longer than a server takes to drain its calls and release its partitions. */
const graceMs = 12_000;
/** Who makes topic and schema: several at once would only wait for each other, and keep busy what they wait for. */
const makers: Readonly<Partial<Record<EngineName, ServerName>>> = { kafka: 'configurator', cassandra: 'profile' };

export function superviseServers(environment: Environment): (request: HostRequest) => Promise<HostedServers> {
  return (request) => Promise.resolve(supervise(environment, request));
}

function supervise(environment: Environment, request: HostRequest): HostedServers {
  const { clock, random } = environment;
  const { host, ports, gate, folders, logLevel, messagingServerIds } = request;
  const stopping = new AbortController();
  let following: Promise<void> | undefined;
  const supervisor = createSupervisor({
    clock,
    random,
    graceMs,
    launch: spawnServer({
      environment,
      logFolder: folders.logs,
      logLevel,
      begin: (server) => beginOf(server, request),
      // The other cores are left to engines that are only being started.
      turns: createTurns(gate === undefined ? Number.POSITIVE_INFINITY : Math.ceil(availableParallelism() / 2)),
    }),
    report: reportTo(request, clock),
    changed: () => request.changed(supervisor.servers, supervisor.records()),
    prepared: (engine) => gate?.opened(engine),
  });
  supervisor.add(stackServers(host, ports, messagingServerIds));
  for (const engine of engineNames) {
    const whenUp = gate?.whenUp(engine) ?? Promise.resolve();
    // When it is not waited for any more, everything is being stopped.
    whenUp.then(
      () => supervisor.announce(engine, makers[engine]),
      () => undefined,
    );
  }
  return {
    get servers() {
      return supervisor.servers;
    },
    listening: (signal) => supervisor.listening(signal),
    async ready(signal) {
      await supervisor.ready(signal);
      const { configuratorUrl, secrets } = request;
      const { adminToken } = secrets;
      await untilSettled({ configuratorUrl, adminToken, servers: supervisor.servers, clock, signal });
      following = followSize(supervisor, { request, clock, signal: stopping.signal });
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await following;
      await supervisor.stopAll();
    },
  };
}

interface Following {
  readonly request: HostRequest;
  readonly clock: Environment['clock'];
  readonly signal: AbortSignal;
}

/** Starts and stops messaging servers as servers.json says, until the signal aborts. */
async function followSize(supervisor: Supervisor, { request, clock, signal }: Following): Promise<void> {
  const report = reportTo(request, clock);
  const { folders, host } = request;
  while (!signal.aborted) {
    await clock.sleep(sizePollMs, signal).catch(() => undefined);
    // A file that is being looked at by a person, or a folder that was deleted, changes nothing.
    const size = await readSize(folders).catch(() => undefined);
    if (size === undefined || signal.aborted) continue;
    const wanted = messagingIds(size.messaging);
    const running = supervisor.servers.filter(({ name }) => name === 'messaging').map(({ serverId }) => serverId);
    const missing = wanted.filter((id) => !running.includes(id));
    const surplus = running.filter((id) => !wanted.includes(id));
    if (missing.length > 0) {
      const ports = await request.choosePorts(size.messaging);
      const more = stackServers(host, ports, missing).filter(({ name }) => name === 'messaging');
      report('info', { servers: missing.join(',') }, 'more messaging servers start');
      supervisor.add(more);
    }
    if (surplus.length > 0) {
      report('info', { servers: surplus.join(',') }, 'surplus messaging servers stop');
      await supervisor.remove(new Set(surplus));
    }
  }
}

function beginOf(
  server: StackServer,
  { engines, folders, secrets, profileUrl, messagingServerIds }: HostRequest,
): Begin {
  const { name, httpAddress, grpcAddress } = server;
  const { adminToken, users } = secrets;
  const needsAdmin = name === 'profile' || name === 'configurator' || name === 'materialize';
  const checksTokens = name === 'messaging' || name === 'connect' || name === 'history';
  return {
    kind: 'begin',
    unit: unitName(server),
    logFolder: folders.logs,
    settings: {
      ...addressSettings('http', new URL(httpAddress).host),
      ...(grpcAddress === null ? {} : addressSettings('grpc', grpcAddress)),
      ...(needsAdmin ? { adminToken } : {}),
      // Servers that start with it come back to their partitions.
      ...(name === 'configurator' ? { replaceAfterStartMs: String(startMs) } : {}),
      ...(checksTokens ? { jwksUrl: `${profileUrl}/.well-known/jwks.json` } : {}),
    },
    engines,
    users: name === 'profile' ? users : [],
    messagingServerIds,
  };
}

function addressSettings(kind: 'http' | 'grpc', address: string): Record<string, string> {
  const at = address.lastIndexOf(':');
  return { [`${kind}Host`]: address.slice(0, at), [`${kind}Port`]: address.slice(at + 1) };
}

/** Into the log of the stack, in the form of the servers' lines. */
function reportTo({ writeLog }: HostRequest, clock: Environment['clock']): Report {
  return (level, fields, message) => {
    const time = dateAt(clock.nowMs()).toISOString();
    writeLog(`${JSON.stringify({ level, time, server: 'supervisor', ...fields, msg: message })}\n`);
  };
}
