/**
 * Tells deaths of messaging servers before their leases end: a server that had answered, whose connection ends and
 * whose port is then refused twice, is dead; its lease is released in its name. A machine that dies or is cut off
 * answers nothing, which says nothing. Should a process renew the lease that was taken from it, its connection is
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
  /** The lease of this server was released. */
  readonly died: (server: string) => void;
  /** Once until it works again. */
  readonly failed: (error: unknown) => void;
}

export interface DeathWatch extends AsyncDisposable {
  /** Connects to whom it is not connected to; comes by itself once a second and when leases change. */
  refresh(): Promise<void>;
}

/** One process of a messaging server: each has a lease as a holder of its own. */
interface Followed {
  readonly server: string;
  readonly holder: string;
  readonly address: string;
  readonly connection: Connection;
}

const refreshMs = 1_000;
/** Between two connections that are refused: a port may be refused while a process hands it over. */
const confirmMs = 50;
/** An address that only clients reach is tried ever less often. */
const longestPauseMs = 30_000;

export function watchForDeaths(deps: DeathWatchDependencies): DeathWatch {
  const { configDb, clock, connect } = deps;
  const ended = new AbortController();
  const followed = new Map<string, Followed>();
  const working = new Set<Promise<void>>();
  /** By holder: when it is tried again (monotonic), and after which pause. */
  const pauses = new Map<string, { readonly ms: number; readonly untilMs: number }>();
  /** One of them that lives renewed the lease: its connection is believed no more. */
  const released = new Set<string>();
  let refreshing: Promise<void> | undefined;
  let hasFailed = false;

  const addresses = async (): Promise<ReadonlyMap<string, string>> => {
    const parsed = parseDynamicConfig(await configDb.read());
    return 'faults' in parsed ? new Map() : parsed.config.serverAddresses;
  };

  const isRefused = async (address: string): Promise<boolean> => {
    const connection = connect(address);
    try {
      return (await connection.opened) === 'refused' && !ended.signal.aborted;
    } finally {
      connection.close();
    }
  };

  const confirm = async ({ server, holder, address }: Followed): Promise<void> => {
    if (!(await isRefused(address))) return;
    await clock.sleep(confirmMs, ended.signal);
    if (!(await isRefused(address))) return;
    const name = `${serverLeasePrefix}${server}`;
    const lease = (await configDb.leases(name)).find((one) => one.name === name && one.holder === holder);
    if (lease === undefined || !isLiving(lease)) return;
    // A new process has its lease before its address is known, and may listen elsewhere.
    if ((await addresses()).get(server) !== address || ended.signal.aborted) return;
    await configDb.release({ name, holder });
    released.add(holder);
    deps.died(server);
  };

  const follow = async (one: Followed): Promise<void> => {
    const { holder, connection } = one;
    try {
      if ((await connection.opened) !== 'opened') {
        const ms = Math.min(longestPauseMs, 2 * (pauses.get(holder)?.ms ?? refreshMs / 2));
        pauses.set(holder, { ms, untilMs: clock.monotonicMs() + ms });
        return;
      }
      pauses.delete(holder);
      await connection.closed;
      if (followed.get(holder) === one && !ended.signal.aborted) await confirm(one);
    } finally {
      connection.close();
      if (followed.get(holder) === one) followed.delete(holder);
    }
  };

  const tell = (error: unknown): void => {
    if (ended.signal.aborted || hasFailed) return;
    hasFailed = true;
    deps.failed(error);
  };

  const forget = (known: { delete(holder: string): boolean; keys(): Iterable<string> }, holders: Set<string>): void => {
    for (const holder of known.keys()) if (!holders.has(holder)) known.delete(holder);
  };

  const refresh = async (): Promise<void> => {
    const leases = await configDb.leases(serverLeasePrefix);
    const living = leases.filter((lease) => isLiving(lease));
    const holders = new Set(leases.map(({ holder }) => holder));
    for (const known of [pauses, released]) forget(known, holders);
    const addressOf = living.length === 0 ? new Map<string, string>() : await addresses();
    hasFailed = false;
    for (const { name, holder } of living) {
      const server = name.slice(serverLeasePrefix.length);
      const address = addressOf.get(server);
      const before = followed.get(holder);
      if (address === undefined || before?.address === address || released.has(holder)) continue;
      if ((pauses.get(holder)?.untilMs ?? 0) > clock.monotonicMs() || ended.signal.aborted) continue;
      const one = { server, holder, address, connection: connect(address) };
      followed.set(holder, one);
      before?.connection.close();
      const work = follow(one)
        .catch(tell)
        .finally(() => working.delete(work));
      working.add(work);
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
      await refreshing?.catch(() => undefined);
      for (const { connection } of followed.values()) connection.close();
      await Promise.all(working);
    },
  };
}

function isLiving({ leftMs, note }: Lease): boolean {
  return leftMs > 0 && !saysLeaving(note);
}
