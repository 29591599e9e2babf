/**
 * Watches the leases of the messaging servers and gives the partitions of those that are gone to the others, as one change
 * of the configuration; a server whose partitions were spread over others gets a share back when it has lived again
 * for a while and nothing else moves. Terms keep whoever wakes up later harmless.
 */
import type { ConfigDb } from '../config-db/config-db.ts';
import { configKeys, parseDynamicConfig, type DynamicConfig } from '../config-db/dynamic-config.ts';
import { formatRanges } from '../config-db/partition-ranges.ts';
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import { serverLeasePrefix } from './configurator.ts';
import { createFleet, isSettled, type FleetView } from './fleet.ts';
import { giveBackAuthor, owedServers, planGiveBack, replacementAuthor } from './give-back-plan.ts';
import { assignmentAfter, planReplacements, type Replacement } from './replacement-plan.ts';

export interface ReplacementDependencies {
  readonly configDb: ConfigDb;
  readonly clock: Clock;
  /** How long after its own start it only looks, in milliseconds; default 0. */
  readonly replaceAfterStartMs?: number;
  /** How long a server lives before it gets partitions back, in milliseconds; 0: it gets none. */
  readonly giveBackAfterMs: number;
  readonly replaced: (replacements: readonly Replacement[], version: number) => void;
  readonly gaveBack: (moves: readonly Replacement[], version: number) => void;
  readonly failed: (error: unknown) => void;
}

export interface ReplacementWatch extends AsyncDisposable {
  /** One look; comes by itself when a lease may have ended, began or was released, and once a second. */
  check(): Promise<void>;
}

/** Should a notification be lost. */
const longestPauseMs = 1_000;
/** A lease that has just ended is seen ended. */
const marginMs = 5;
const mostChanges = 500;

export function watchForReplacement(deps: ReplacementDependencies): ReplacementWatch {
  const { configDb, clock, giveBackAfterMs, replaceAfterStartMs = 0 } = deps;
  const actsFromMs = clock.monotonicMs() + replaceAfterStartMs;
  const fleet = createFleet();
  let owed: { readonly version: number; readonly servers: ReturnType<typeof owedServers> } | undefined;
  let checking: Promise<void> | undefined;
  let isClosed = false;
  let isStale = false;
  let timer = { cancel: (): void => undefined };

  const assign = async (config: DynamicConfig, plan: readonly Replacement[], author: string): Promise<number> => {
    const hash = Object.fromEntries(
      [...assignmentAfter(config.serverPartitions, plan)].flatMap(([server, partitions]) =>
        partitions.length === 0 ? [] : [[server, formatRanges(partitions)]],
      ),
    );
    const values = new Map([[configKeys.serverPartitions, hash]]);
    return (await configDb.apply({ expectedVersion: config.version, author, values })).version;
  };

  const ableOf = ({ serverAddresses }: DynamicConfig, { alive }: FleetView): ReadonlySet<string> =>
    new Set([...alive.keys()].filter((server) => serverAddresses.has(server)));

  /** True when something was replaced. */
  const replace = async (config: DynamicConfig, view: FleetView): Promise<boolean> => {
    const able = ableOf(config, view);
    const plan = planReplacements({ assigned: config.serverPartitions, gone: view.gone, able });
    if (plan.length === 0) return false;
    deps.replaced(plan, await assign(config, plan, replacementAuthor));
    return true;
  };

  const owedNow = async ({ version, partitionCount }: DynamicConfig): Promise<ReturnType<typeof owedServers>> => {
    if (owed?.version !== version)
      owed = { version, servers: owedServers(await configDb.log(mostChanges), partitionCount) };
    return owed.servers;
  };

  /** One server at a time; the next when this one holds what it got. */
  const giveBack = async (config: DynamicConfig, view: FleetView): Promise<void> => {
    const { serverPartitions: assigned, partitionCount } = config;
    if (!isSettled(assigned, view.alive, partitionCount)) return;
    const able = ableOf(config, view);
    const atMs = clock.monotonicMs();
    for (const [server, had] of await owedNow(config)) {
      if (!able.has(server) || fleet.livesForMs(server, atMs) < giveBackAfterMs) continue;
      const moves = planGiveBack({ assigned, server, had });
      if (moves.length === 0) continue;
      deps.gaveBack(moves, await assign(config, moves, giveBackAuthor));
      return;
    }
  };

  const mayGiveBack = ({ alive }: FleetView): boolean => giveBackAfterMs > 0 && [...alive.values()].includes('');

  const look = async (): Promise<number> => {
    const view = fleet.look(await configDb.leases(serverLeasePrefix), clock.monotonicMs());
    if (clock.monotonicMs() < actsFromMs) return view.untilNextMs;
    if (view.alive.size === 0 || (view.gone.size === 0 && !mayGiveBack(view))) return view.untilNextMs;
    const parsed = parseDynamicConfig(await configDb.read());
    if ('faults' in parsed) return view.untilNextMs;
    const hasReplaced = await replace(parsed.config, view);
    if (!hasReplaced && mayGiveBack(view)) await giveBack(parsed.config, view);
    return view.untilNextMs;
  };

  const check = async (): Promise<void> => {
    timer.cancel();
    isStale = false;
    let untilNextMs = longestPauseMs;
    try {
      untilNextMs = await look();
    } finally {
      const pauseMs = isStale ? 0 : Math.min(untilNextMs + marginMs, longestPauseMs);
      if (!isClosed) timer = clock.after(pauseMs, checkByItself);
    }
  };
  const checkOnce = (): Promise<void> => {
    checking ??= check().finally(() => {
      checking = undefined;
    });
    return checking;
  };
  const checkByItself = (): void => {
    if (checking !== undefined) {
      // What this look has read may be older than what it is told of now.
      isStale = true;
      return;
    }
    checkOnce().catch((error: unknown) => {
      // Somebody else changed the configuration first: the next look sees it.
      if (!(error instanceof CecochatError && error.code === 'config.conflict')) deps.failed(error);
    });
  };
  // Addresses make servers able to take partitions.
  const watching = [configDb.watchLeases(checkByItself), configDb.watch(checkByItself)];
  checkByItself();
  return {
    check: checkOnce,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      timer.cancel();
      for (const one of watching) await one[Symbol.asyncDispose]();
      await checking?.catch(() => undefined);
    },
  };
}
