/**
 * Changes of the dynamic configuration: validated as a whole, applied as one step or not at all.
 * Errors: config.invalid (all faults), config.conflict (another change came first), config.refused (it would
 * move users away from their messages), engine.unavailable.
 */
import type { Backplane } from '../backplane/backplane.ts';
import { describeFault } from '../config-db/config-watcher.ts';
import type { ConfigChange, ConfigDb, ConfigSnapshot, ConfigValue, Lease } from '../config-db/config-db.ts';
import { diffConfig } from '../config-db/dynamic-config-seed.ts';
import {
  configKeys,
  parseDynamicConfig,
  partitionCountRange,
  type ConfigFault,
  type DynamicConfig,
} from '../config-db/dynamic-config.ts';
import { formatRanges } from '../config-db/partition-ranges.ts';
import { parseServerNote } from '../config-db/server-note.ts';
import { CecochatError } from '../core/errors.ts';
import { countMoves, planSpread } from './spread-plan.ts';

export interface Proposal {
  readonly author: string;
  /** The version that the author has seen; without it, the present one. */
  readonly expectedVersion?: number | undefined;
  /** Undefined removes the key. Keys that are not named stay. */
  readonly values: ReadonlyMap<string, ConfigValue | undefined>;
}

export interface Verdict {
  readonly faults: readonly ConfigFault[];
  /** Allowed, but perhaps not meant. */
  readonly warnings: readonly ConfigFault[];
  readonly changedKeys: readonly string[];
}

export interface ServerLease {
  readonly serverId: string;
  readonly instance: string;
  readonly expiresAtMs: number;
  readonly alive: boolean;
  /** Ranges that the configuration gives to it, and those that it says it holds. */
  readonly assigned: string;
  readonly held: string;
}

export interface SpreadRequest {
  readonly author: string;
  /** Who is to share the partitions evenly. */
  readonly servers: readonly string[];
  /** Who gives away all that it has, and its address. */
  readonly leaving: readonly string[];
}

/** `moved`: how many partitions got another server. */
export interface SpreadDone {
  readonly version: number;
  readonly moved: number;
}

export interface Configurator {
  read(): Promise<ConfigSnapshot>;
  validate(values: Proposal['values']): Promise<Verdict>;
  /** Without any difference nothing is written: the answer is undefined, with the present version. */
  apply(proposal: Proposal): Promise<{ change: ConfigChange | undefined; version: number; verdict: Verdict }>;
  /** Moves partitions, as few as it takes, until `servers` share them. Errors: config.invalid, config.refused. */
  spread(request: SpreadRequest): Promise<SpreadDone>;
  log(limit: number): Promise<readonly ConfigChange[]>;
  /** Those with a lease, now or once, and those that have partitions. */
  servers(): Promise<readonly ServerLease[]>;
}

export const serverLeasePrefix = 'server/';
const spreadAttempts = 10;

export function createConfigurator(deps: { configDb: ConfigDb; backplane: Backplane }): Configurator {
  const { configDb, backplane } = deps;

  const apply: Configurator['apply'] = async ({ author, expectedVersion, values }) => {
    const before = await configDb.read();
    if (expectedVersion !== undefined && expectedVersion !== before.version) throw conflict(expectedVersion, before);
    const after = merge(before, values);
    const verdict = judge(before, after);
    if (verdict.faults.length > 0) throw invalid(verdict.faults);
    const difference = diffConfig(before.values, after.values);
    if (difference.size === 0) return { change: undefined, version: before.version, verdict };
    if (difference.has(configKeys.partitionCount)) await refuseMove(backplane, after);
    const change = await configDb.apply({ expectedVersion: before.version, author, values: difference });
    return { change, version: change.version, verdict };
  };
  return {
    read: () => configDb.read(),
    async validate(values) {
      const before = await configDb.read();
      return judge(before, merge(before, values));
    },
    apply,
    async spread(request) {
      for (let attempt = 1; ; attempt += 1) {
        const before = await configDb.read();
        const config = wellFormed(before);
        const { values, moved } = spreadValues(config, request);
        try {
          const { version } = await apply({ author: request.author, expectedVersion: before.version, values });
          return { version, moved };
        } catch (error) {
          const isLate = error instanceof CecochatError && error.code === 'config.conflict';
          if (!isLate || attempt === spreadAttempts) throw error;
        }
      }
    },
    log: (limit) => configDb.log(limit),
    async servers() {
      const [leases, snapshot] = await Promise.all([configDb.leases(serverLeasePrefix), configDb.read()]);
      const parsed = parseDynamicConfig(snapshot);
      return serverList(leases, 'faults' in parsed ? undefined : parsed.config);
    },
  };
}

function wellFormed(snapshot: ConfigSnapshot): DynamicConfig {
  const parsed = parseDynamicConfig(snapshot);
  if ('faults' in parsed) throw invalid(parsed.faults);
  return parsed.config;
}

function spreadValues(
  config: DynamicConfig,
  { servers, leaving }: SpreadRequest,
): { readonly values: Proposal['values']; readonly moved: number } {
  const { serverPartitions: assigned, serverAddresses, partitionCount } = config;
  const lost = servers.filter((server) => !serverAddresses.has(server));
  if (lost.length > 0 || servers.length === 0 || servers.length > partitionCount) {
    const why =
      lost.length > 0
        ? `clients cannot find ${lost.join(', ')}: no address`
        : `${partitionCount} partitions cannot be shared by ${servers.length} servers`;
    throw new CecochatError('config.refused', why, { hint: 'cecochat config get partitioning.server-addresses' });
  }
  const after = planSpread({ assigned, partitionCount, servers, leaving: new Set(leaving) });
  const ranges = [...after].map(([server, partitions]) => [server, formatRanges(partitions)] as const);
  const addresses = [...serverAddresses].filter(([server]) => !leaving.includes(server));
  const values = new Map<string, ConfigValue>([
    [configKeys.serverPartitions, Object.fromEntries(ranges)],
    [configKeys.serverAddresses, Object.fromEntries(addresses)],
  ]);
  return { values, moved: countMoves(assigned, after) };
}

function merge(before: ConfigSnapshot, values: Proposal['values']): ConfigSnapshot {
  const merged = new Map(before.values);
  for (const [key, value] of values) {
    if (value === undefined) merged.delete(key);
    else merged.set(key, value);
  }
  return { version: before.version + 1, values: merged };
}

function judge(before: ConfigSnapshot, after: ConfigSnapshot): Verdict {
  const parsed = parseDynamicConfig(after);
  const changedKeys = [...diffConfig(before.values, after.values).keys()];
  if ('faults' in parsed) return { faults: parsed.faults, warnings: [], changedKeys };
  return { faults: [], warnings: parsed.warnings, changedKeys };
}

/** The hash of a user modulo another count is another partition: the user's feed would stay behind. */
async function refuseMove(backplane: Backplane, after: ConfigSnapshot): Promise<void> {
  const { partitionCount } = backplane;
  const wanted = after.values.get(configKeys.partitionCount);
  const cannot = `${configKeys.partitionCount} cannot become ${typeof wanted === 'string' ? wanted : 'the default'}`;
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const { end } = await backplane.bounds(partition);
    if (end === 0) continue;
    throw new CecochatError(
      'config.refused',
      `${cannot}: partition ${partition} holds records, and users would be moved away from their messages`,
      { hint: 'the count is chosen before the first start', data: { partition: String(partition) } },
    );
  }
  if (wanted === String(partitionCount)) return;
  throw new CecochatError('config.refused', `${cannot}: the backplane was made with ${partitionCount} partitions`, {
    hint: 'the count is chosen before the first start',
    data: { partitionCount: String(partitionCount) },
  });
}

function serverList(leases: readonly Lease[], config: DynamicConfig | undefined): ServerLease[] {
  const known = new Map(leases.map((lease) => [lease.name.slice(serverLeasePrefix.length), lease]));
  const ids = new Set([...known.keys(), ...(config?.serverPartitions.keys() ?? [])]);
  return [...ids].map((serverId) => {
    const lease = known.get(serverId);
    const alive = lease !== undefined && lease.leftMs > 0;
    return {
      serverId,
      instance: lease?.holder ?? '',
      expiresAtMs: lease?.expiresAtMs ?? 0,
      alive,
      assigned: formatRanges(config?.serverPartitions.get(serverId) ?? []),
      held: alive ? heldBy(lease.note, config) : '',
    };
  });
}

function heldBy(note: string, config: DynamicConfig | undefined): string {
  const parsed = parseServerNote(note, config?.partitionCount ?? partitionCountRange.max);
  return parsed === undefined ? note : formatRanges(parsed.held);
}

function invalid(faults: readonly ConfigFault[]): CecochatError {
  const data = Object.fromEntries(faults.map(({ key, value, reason }) => [key, `${JSON.stringify(value)} ${reason}`]));
  return new CecochatError('config.invalid', faults.map(describeFault).join('; '), {
    hint: 'nothing was changed; correct the values and try again',
    data,
  });
}

function conflict(expected: number, present: ConfigSnapshot): CecochatError {
  return new CecochatError(
    'config.conflict',
    `the change was made for version ${expected}, but the configuration is at version ${present.version} now`,
    { hint: 'look at the present values and try again', data: { version: String(present.version) } },
  );
}
