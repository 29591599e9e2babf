/**
 * Tells deaths of messaging servers sooner than their leases end: when a process dies, its machine closes its
 * connections at once and refuses new ones. A server that had answered here, whose connection ends and whose port is
 * then refused twice, is dead; its lease is released in its name, and whoever watches the leases goes on from there.
 * A machine that dies or is cut off answers nothing, which says nothing: then the lease ends by itself. Should a
 * process renew a lease that was taken from it, then what refused was something in between, and its connection is
 * believed no more. Being wrong costs a take-over, nothing else: terms keep a stale owner harmless.
 */
import type { ConfigDb, Lease } from '../config-db/config-db.ts';
import { parseDynamicConfig } from '../config-db/dynamic-config.ts';
import { saysLeaving } from '../config-db/server-note.ts';
import type { Clock } from '../core/time/clock.ts';
import { serverLeasePrefix } from './configurator.ts';
import type { Connect, Connection } from './server-connection.ts';

export interface DeathWatchDependencies {
  readonly configDb: Pick<ConfigDb, 'leases' | 'watchLeases' | 'read' | 'release'>;
  readonly clock: Clock;
  readonly connect: Connect;
  /** The lease of this server was released, `holder` was its process. */
  readonly died: (server: string) => void;
  readonly failed: (error: unknown) => void;
}

export interface DeathWatch extends AsyncDisposable {
  /** Connects to whom it is not connected to; comes by itself once a second and when leases change. */
  refresh(): Promise<void>;
}

const refreshMs = 1_000;
/** Between two connections that are refused: a port may be refused while a process hands it over. */
const confirmMs = 50;

export function watchForDeaths(deps: DeathWatchDependencies): DeathWatch {
  const { configDb, clock, connect } = deps;
  const ended = new AbortController();
  /** By process, which has a lease that is its own. */
  const connections = new Map<string, Connection>();
  const released = new Set<string>();
  const mistrusted = new Set<string>();
  let refreshing: Promise<void> | undefined;

  const isRefused = async (address: string): Promise<boolean> => {
    const connection = connect(address);
    try {
      return (await connection.opened) === 'refused';
    } finally {
      connection.close();
    }
  };

  const leaseOf = async (server: string, holder: string): Promise<Lease | undefined> => {
    const name = `${serverLeasePrefix}${server}`;
    return (await configDb.leases(name)).find((lease) => lease.name === name && lease.holder === holder);
  };

  const confirm = async (server: string, holder: string, address: string): Promise<void> => {
    if (!(await isRefused(address))) return;
    await clock.sleep(confirmMs, ended.signal);
    if (!(await isRefused(address))) return;
    const lease = await leaseOf(server, holder);
    if (lease === undefined || !isLiving(lease)) return;
    released.add(holder);
    await configDb.release({ name: lease.name, holder });
    deps.died(server);
  };

  const follow = async (server: string, holder: string, address: string): Promise<void> => {
    const connection = connect(address);
    connections.set(holder, connection);
    try {
      if ((await connection.opened) !== 'opened') return;
      await connection.closed;
      if (!ended.signal.aborted) await confirm(server, holder, address);
    } finally {
      connection.close();
      connections.delete(holder);
    }
  };

  const tell = (error: unknown): void => {
    if (!ended.signal.aborted) deps.failed(error);
  };

  const refresh = async (): Promise<void> => {
    const leases = (await configDb.leases(serverLeasePrefix)).filter((lease) => isLiving(lease));
    for (const { holder } of leases) if (released.delete(holder)) mistrusted.add(holder);
    const missing = leases.filter(({ holder }) => !connections.has(holder) && !mistrusted.has(holder));
    if (missing.length === 0) return;
    const parsed = parseDynamicConfig(await configDb.read());
    if ('faults' in parsed) return;
    for (const { name, holder } of missing) {
      const server = name.slice(serverLeasePrefix.length);
      const address = parsed.config.serverAddresses.get(server);
      if (address !== undefined && !ended.signal.aborted) follow(server, holder, address).catch(tell);
    }
  };
  const refreshOnce = (): Promise<void> => {
    refreshing ??= refresh().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  const refreshByItself = (): void => void refreshOnce().catch(tell);
  const timer = clock.every(refreshMs, refreshByItself);
  const watching = configDb.watchLeases(refreshByItself);
  refreshByItself();

  return {
    refresh: refreshOnce,
    async [Symbol.asyncDispose]() {
      ended.abort();
      timer.cancel();
      await watching[Symbol.asyncDispose]();
      for (const connection of connections.values()) connection.close();
      await refreshing?.catch(() => undefined);
    },
  };
}

function isLiving({ leftMs, note }: Lease): boolean {
  return leftMs > 0 && !saysLeaving(note);
}
