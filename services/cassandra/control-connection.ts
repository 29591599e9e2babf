/**
 * Mends three faults of cassandra-driver 4.10.0, met when the only node went away. To open its control connection
 * anew the driver makes a new host and forgets the old one, whose pool connects again all the same; both
 * `_initializeConnection` and `_refresh` watch the connection, so that its next loss begins two refreshes side by
 * side, then four; and all but the last connection of these are in no pool. What is forgotten is open after a
 * shutdown, and the process does not end. The package is pinned to that version.
 */
interface DriverConnection {
  closeAsync(): Promise<unknown>;
  once(event: 'socketClose', listener: () => void): unknown;
}

interface DriverHost {
  shutdown(waitForPending: boolean): Promise<unknown>;
}

interface ControlConnection {
  readonly hosts: {
    get(endpoint: string): DriverHost | undefined;
    set(endpoint: string, host: DriverHost): unknown;
  };
  _refresh(hosts?: unknown): Promise<void>;
  _createConnection(contactPoint: string): Promise<DriverConnection>;
}

/** To be called before the client connects; what it answers closes what a shutdown of the client leaves open. */
export function mendControlConnection(client: object): () => Promise<void> {
  const control: unknown = Reflect.get(client, 'controlConnection');
  if (!isControlConnection(control)) throw new Error('cassandra-driver is of another version than 4.10.0');
  const refreshed = shareRefreshes(control);
  const closeConnections = rememberConnections(control);
  closeReplacedHosts(control);
  return async () => {
    // What it opens in the background comes first.
    await refreshed();
    await closeConnections();
  };
}

/** Answers what waits for the one that is running. */
function shareRefreshes(control: ControlConnection): () => Promise<void> {
  const refresh = control._refresh.bind(control);
  let running: Promise<void> | undefined;
  control._refresh = (hosts) => {
    // With hosts it is a try within the refresh that is running.
    if (hosts !== undefined) return refresh(hosts);
    running ??= refresh().finally(() => {
      running = undefined;
    });
    return running;
  };
  return async () => running?.catch(() => undefined);
}

function rememberConnections(control: ControlConnection): () => Promise<void> {
  const create = control._createConnection.bind(control);
  const open = new Set<DriverConnection>();
  control._createConnection = async (contactPoint) => {
    const connection = await create(contactPoint);
    open.add(connection);
    connection.once('socketClose', () => open.delete(connection));
    return connection;
  };
  return async () => void (await Promise.all([...open].map((connection) => connection.closeAsync())));
}

function closeReplacedHosts({ hosts }: ControlConnection): void {
  const set = hosts.set.bind(hosts);
  hosts.set = (endpoint, host) => {
    const before = hosts.get(endpoint);
    // It is down, so nobody waits for its end.
    if (before !== undefined && before !== host) void before.shutdown(false).catch(() => undefined);
    return set(endpoint, host);
  };
}

function isControlConnection(value: unknown): value is ControlConnection {
  return hasMethods(value, '_refresh', '_createConnection') && hasMethods(Reflect.get(value, 'hosts'), 'get', 'set');
}

function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
