/**
 * Checks what was read from a stack's files, by hand: these files are read by every command, and a schema
 * library would cost more start time than the rest of the command.
 */
import type {
  ServerProcess,
  StackDocker,
  StackEngines,
  StackPorts,
  StackSecrets,
  StackServer,
  StackSize,
  StackState,
  StackUser,
} from './stack-files.ts';

const mostServers = 1000;

type Fields = Readonly<Record<string, unknown>>;

export function parseState(value: unknown): StackState | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  const { name, version, backends, status, pid, processStart, startedAtMs, readyAfterMs } = value;
  // A file of an older version has no processes.
  const { servers, processes = [], profileUrl, connectUrl, configuratorUrl } = value;
  const parsedServers = Array.isArray(servers) ? servers.map(parseServer) : [undefined];
  const parsedProcesses = Array.isArray(processes) ? processes.map(parseProcess) : [undefined];
  if (
    value['formatVersion'] !== 1 ||
    typeof name !== 'string' ||
    typeof version !== 'string' ||
    (backends !== 'embedded' && backends !== 'docker' && backends !== 'external') ||
    (status !== 'starting' && status !== 'running' && status !== 'stopped') ||
    typeof pid !== 'number' ||
    !Number.isSafeInteger(pid) ||
    pid <= 0 ||
    typeof processStart !== 'string' ||
    typeof startedAtMs !== 'number' ||
    (readyAfterMs !== null && typeof readyAfterMs !== 'number') ||
    !parsedServers.every((server) => server !== undefined) ||
    !parsedProcesses.every((one) => one !== undefined) ||
    typeof profileUrl !== 'string' ||
    typeof connectUrl !== 'string' ||
    typeof configuratorUrl !== 'string'
  ) {
    return undefined;
  }
  const urls = { profileUrl, connectUrl, configuratorUrl };
  const hosting = value['hosting'] === 'containers' ? ({ hosting: 'containers' } as const) : {};
  const process = { pid, processStart, startedAtMs, readyAfterMs };
  const lists = { servers: parsedServers, processes: parsedProcesses };
  return { formatVersion: 1, name, version, backends, ...hosting, status, ...process, ...lists, ...urls };
}

const processStates = ['starting', 'running', 'waiting', 'stopping'] as const;

function parseProcess(value: unknown): ServerProcess | undefined {
  if (!isFields(value)) return undefined;
  const { serverId, pid, processStart, restarts, lastEnd, nextStartAtMs } = value;
  const state = processStates.find((known) => known === value['state']);
  const isPid = pid === null || (typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0);
  return state !== undefined &&
    isPid &&
    typeof serverId === 'string' &&
    typeof processStart === 'string' &&
    typeof restarts === 'number' &&
    (lastEnd === null || typeof lastEnd === 'string') &&
    (nextStartAtMs === null || typeof nextStartAtMs === 'number')
    ? { serverId, pid, processStart, state, restarts, lastEnd, nextStartAtMs }
    : undefined;
}

export function parseServer(value: unknown): StackServer | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  const { name, serverId, httpAddress, grpcAddress } = value;
  if (typeof name !== 'string' || typeof serverId !== 'string' || typeof httpAddress !== 'string') {
    return undefined;
  }
  return grpcAddress === null || typeof grpcAddress === 'string'
    ? { name, serverId, httpAddress, grpcAddress }
    : undefined;
}

export function parseSecrets(value: unknown): StackSecrets | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  const { adminToken, users } = value;
  const parsedUsers = Array.isArray(users) ? users.map(parseUser) : [undefined];
  if (
    value['formatVersion'] !== 1 ||
    typeof adminToken !== 'string' ||
    !parsedUsers.every((user) => user !== undefined)
  ) {
    return undefined;
  }
  return { formatVersion: 1, adminToken, users: parsedUsers };
}

function parseUser(value: unknown): StackUser | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  const { name, userId, password } = value;
  return typeof name === 'string' && typeof userId === 'string' && typeof password === 'string'
    ? { name, userId, password }
    : undefined;
}

export function parseEngines(value: unknown): StackEngines | undefined {
  if (!isFields(value) || value['formatVersion'] !== 1 || !isFields(value['settings'])) {
    return undefined;
  }
  const settings: Record<string, string> = {};
  for (const [name, text] of Object.entries(value['settings'])) {
    if (typeof text !== 'string') {
      return undefined;
    }
    settings[name] = text;
  }
  if (value['docker'] === undefined) return { formatVersion: 1, settings };
  const docker = parseDocker(value['docker']);
  return docker === undefined ? undefined : { formatVersion: 1, settings, docker };
}

function parseDocker(value: unknown): StackDocker | undefined {
  if (!isFields(value) || typeof value['engine'] !== 'string') return undefined;
  const ports = parsePortMap(value['ports']);
  if (ports === undefined) return undefined;
  const servers = value['servers'] === 'containers' ? ({ servers: 'containers' } as const) : {};
  return { engine: value['engine'], ports, ...servers };
}

export function parsePorts(value: unknown): StackPorts | undefined {
  if (!isFields(value) || value['formatVersion'] !== 1) {
    return undefined;
  }
  const ports = parsePortMap(value['ports']);
  return ports === undefined ? undefined : { formatVersion: 1, ports };
}

export function parseSize(value: unknown): StackSize | undefined {
  if (!isFields(value) || value['formatVersion'] !== 1) return undefined;
  const { messaging, isSpread } = value;
  const isCount = typeof messaging === 'number' && Number.isInteger(messaging) && messaging >= 1;
  if (!isCount || messaging > mostServers || typeof isSpread !== 'boolean') return undefined;
  return { formatVersion: 1, messaging, isSpread };
}

function parsePortMap(value: unknown): Record<string, number> | undefined {
  if (!isFields(value)) return undefined;
  const ports: Record<string, number> = {};
  for (const [name, port] of Object.entries(value)) {
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      return undefined;
    }
    ports[name] = port;
  }
  return ports;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
