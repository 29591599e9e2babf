/**
 * Watches the leases of the messaging servers and gives the partitions of dead ones to the living, as one change
 * of the configuration. A server is dead when its lease was seen ended again and again for `deadMs`: one look may
 * come from a process, this one or that, which had just been held up. Terms keep whoever wakes up later harmless.
 */
import type { ConfigDb } from '../config-db/config-db.ts';
import { configKeys, parseDynamicConfig } from '../config-db/dynamic-config.ts';
import { formatRanges } from '../config-db/partition-ranges.ts';
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import { serverLeasePrefix } from './configurator.ts';
import { assignmentAfter, planReplacements, type Replacement } from './replacement-plan.ts';

export interface ReplacementDependencies {
  readonly configDb: ConfigDb;
  readonly clock: Clock;
  readonly replaced: (replacements: readonly Replacement[], version: number) => void;
  readonly failed: (error: unknown) => void;
}

const checkMs = 200;
/** Two looks at the least. */
const deadMs = 200;
const author = 'replacement';

export interface ReplacementWatch extends AsyncDisposable {
  /** One look; called by itself five times a second. */
  check(): Promise<void>;
}

export function watchForReplacement(deps: ReplacementDependencies): ReplacementWatch {
  const { configDb, clock } = deps;
  /** Since when (monotonic) a server's lease was seen ended at each look. */
  const endedSince = new Map<string, number>();
  let checking: Promise<void> | undefined;

  /** The servers whose lease is alive; notes since when the others' are not. */
  const look = async (): Promise<ReadonlySet<string>> => {
    const leases = await configDb.leases(serverLeasePrefix);
    const atMs = clock.monotonicMs();
    const alive = new Set<string>();
    for (const { name, leftMs } of leases) {
      const server = name.slice(serverLeasePrefix.length);
      if (leftMs > 0) {
        alive.add(server);
        endedSince.delete(server);
      } else if (!endedSince.has(server)) endedSince.set(server, atMs);
    }
    return alive;
  };

  const check = async (): Promise<void> => {
    const alive = await look();
    const atMs = clock.monotonicMs();
    const dead = new Set([...endedSince].flatMap(([server, sinceMs]) => (atMs - sinceMs >= deadMs ? [server] : [])));
    if (dead.size === 0 || alive.size === 0) return;
    const snapshot = await configDb.read();
    const parsed = parseDynamicConfig(snapshot);
    if ('faults' in parsed) return;
    const { serverPartitions: assigned, serverAddresses } = parsed.config;
    const able = new Set([...alive].filter((server) => serverAddresses.has(server)));
    const plan = planReplacements({ assigned, dead, able });
    if (plan.length === 0) return;
    const hash = Object.fromEntries(
      [...assignmentAfter(assigned, plan)].flatMap(([server, partitions]) =>
        partitions.length === 0 ? [] : [[server, formatRanges(partitions)]],
      ),
    );
    const values = new Map([[configKeys.serverPartitions, hash]]);
    const { version } = await configDb.apply({ expectedVersion: snapshot.version, author, values });
    deps.replaced(plan, version);
  };

  const checkOnce = (): Promise<void> => {
    checking ??= check().finally(() => {
      checking = undefined;
    });
    return checking;
  };
  const timer = clock.every(checkMs, () => {
    checkOnce().catch((error: unknown) => {
      // Somebody else changed the configuration first: the next look sees it.
      if (!(error instanceof CecochatError && error.code === 'config.conflict')) deps.failed(error);
    });
  });
  return {
    check: checkOnce,
    async [Symbol.asyncDispose]() {
      timer.cancel();
      await checking?.catch(() => undefined);
    },
  };
}
