/**
 * Mends two faults of cassandra-driver 4.10.0, met when the only node went away more than once. After its control
 * connection was opened anew, both `_initializeConnection` and `_refresh` watch it, so its loss begins two
 * refreshes side by side, then four; and all but the last connection that these open are in no pool: a shutdown
 * leaves them open, and the process does not end. The package is pinned to that version.
 */
interface DriverConnection {
  closeAsync(): Promise<unknown>;
  once(event: 'socketClose', listener: () => void): unknown;
}

interface ControlConnection {
  _refresh(hosts?: unknown): Promise<void>;
  _createConnection(contactPoint: string): Promise<DriverConnection>;
}

/** To be called before the client connects; what it answers closes what a shutdown of the client leaves open. */
export function mendControlConnection(client: object): () => Promise<void> {
  const control: unknown = Reflect.get(client, 'controlConnection');
  if (!isControlConnection(control)) throw new Error('cassandra-driver is of another version than 4.10.0');
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
  const create = control._createConnection.bind(control);
  const open = new Set<DriverConnection>();
  control._createConnection = async (contactPoint) => {
    const connection = await create(contactPoint);
    open.add(connection);
    connection.once('socketClose', () => open.delete(connection));
    return connection;
  };
  return async () => {
    // One that is being opened in the background comes with the refresh.
    await running?.catch(() => undefined);
    await Promise.all([...open].map((connection) => connection.closeAsync()));
  };
}

function isControlConnection(value: unknown): value is ControlConnection {
  if (typeof value !== 'object' || value === null) return false;
  return ['_refresh', '_createConnection'].every((name) => typeof Reflect.get(value, name) === 'function');
}
