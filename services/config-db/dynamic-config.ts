/**
 * The dynamic configuration (design, section 5): its keys, and their validation as a whole. A server that
 * finds faults keeps the configuration it had. Partitions may be without a server (a warning: their users
 * cannot connect), but never have two.
 */
import type { ConfigSnapshot, ConfigValue } from './config-db.ts';
import { parseAddress, parseCount, parseServerId } from './config-values.ts';
import { formatRanges, parseRanges } from './partition-ranges.ts';

export const configKeys = {
  partitionCount: 'partitioning.partition-count',
  serverPartitions: 'partitioning.server-partitions',
  serverAddresses: 'partitioning.server-addresses',
  historyServerAddress: 'history.server-address',
  userMessageCount: 'history.user.message-count',
  dialogMessageCount: 'history.dialog.message-count',
} as const;

export interface DynamicConfig {
  readonly version: number;
  readonly partitionCount: number;
  /** Server id → its partitions, ascending. */
  readonly serverPartitions: ReadonlyMap<string, readonly number[]>;
  /** Server id → "host:port" of its gRPC. */
  readonly serverAddresses: ReadonlyMap<string, string>;
  readonly historyServerAddress: string | undefined;
  readonly userMessageCount: number;
  readonly dialogMessageCount: number;
}

export interface ConfigFault {
  readonly key: string;
  /** The value at fault, as text. */
  readonly value: string;
  readonly reason: string;
}

export type ParsedConfig =
  | { readonly config: DynamicConfig; readonly warnings: readonly ConfigFault[] }
  | { readonly faults: readonly ConfigFault[] };

export const partitionCountRange = { min: 2, max: 10_000 };
export const messageCountRange = { min: 1, max: 1_000 };
export const configDefaults = { partitionCount: 360, userMessageCount: 64, dialogMessageCount: 32 };

export function parseDynamicConfig(snapshot: ConfigSnapshot): ParsedConfig {
  const faults: ConfigFault[] = [];
  const fault = (key: string, value: string, reason: string): void => void faults.push({ key, value, reason });
  const known = new Set<string>(Object.values(configKeys));
  for (const [key, value] of snapshot.values) if (!known.has(key)) fault(key, show(value), 'is no key of cecochat');

  const text = (key: string): string | undefined => {
    const value = snapshot.values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    fault(key, show(value), 'must be one text, not a hash');
    return undefined;
  };
  const hash = (key: string): Readonly<Record<string, string>> => {
    const value = snapshot.values.get(key);
    if (value === undefined) return {};
    if (typeof value !== 'string') return value;
    fault(key, value, 'must be a hash: server id → value');
    return {};
  };
  const count = (key: string, range: { min: number; max: number }, missing: number): number => {
    const value = text(key);
    if (value === undefined) return missing;
    const parsed = parseCount(value, range);
    if (typeof parsed === 'number') return parsed;
    fault(key, value, parsed.reason);
    return missing;
  };

  const partitionCount = count(configKeys.partitionCount, partitionCountRange, configDefaults.partitionCount);
  const config: DynamicConfig = {
    version: snapshot.version,
    partitionCount,
    serverPartitions: parsePartitions(hash(configKeys.serverPartitions), partitionCount, fault),
    serverAddresses: parseAddresses(hash(configKeys.serverAddresses), fault),
    historyServerAddress: parseHistoryAddress(text(configKeys.historyServerAddress), fault),
    userMessageCount: count(configKeys.userMessageCount, messageCountRange, configDefaults.userMessageCount),
    dialogMessageCount: count(configKeys.dialogMessageCount, messageCountRange, configDefaults.dialogMessageCount),
  };
  if (config.serverPartitions.size > partitionCount) {
    const reason = `is fewer than the ${config.serverPartitions.size} messaging servers`;
    fault(configKeys.partitionCount, String(partitionCount), reason);
  }
  return faults.length > 0 ? { faults } : { config, warnings: warningsOf(config) };
}

/** The server that the configuration gives the partition to. */
export function serverOf(config: DynamicConfig, partition: number): string | undefined {
  for (const [serverId, partitions] of config.serverPartitions) if (partitions.includes(partition)) return serverId;
  return undefined;
}

type Report = (key: string, value: string, reason: string) => void;

function parsePartitions(hash: Readonly<Record<string, string>>, partitionCount: number, fault: Report) {
  const key = configKeys.serverPartitions;
  const servers = new Map<string, readonly number[]>();
  const takenBy = new Map<number, string>();
  for (const [serverId, ranges] of Object.entries(hash)) {
    if (!parseServerId(serverId)) fault(`${key}.${serverId}`, ranges, 'has no valid server id (a-z, 0-9, -; 1 to 32)');
    const parsed = parseRanges(ranges, partitionCount);
    if ('reason' in parsed) {
      fault(`${key}.${serverId}`, ranges, parsed.reason);
      continue;
    }
    const doubled = parsed.partitions.filter((partition) => takenBy.has(partition));
    const first = doubled[0];
    if (first !== undefined) {
      fault(`${key}.${serverId}`, ranges, `takes ${formatRanges(doubled)}, which ${takenBy.get(first)} has as well`);
    }
    for (const partition of parsed.partitions) takenBy.set(partition, serverId);
    servers.set(serverId, parsed.partitions);
  }
  return servers;
}

function parseAddresses(hash: Readonly<Record<string, string>>, fault: Report): ReadonlyMap<string, string> {
  const key = configKeys.serverAddresses;
  for (const [serverId, address] of Object.entries(hash)) {
    if (!parseServerId(serverId)) fault(`${key}.${serverId}`, address, 'has no valid server id (a-z, 0-9, -; 1 to 32)');
    const reason = parseAddress(address);
    if (reason !== undefined) fault(`${key}.${serverId}`, address, reason);
  }
  return new Map(Object.entries(hash));
}

function parseHistoryAddress(address: string | undefined, fault: Report): string | undefined {
  const reason = address === undefined ? undefined : parseAddress(address);
  if (address !== undefined && reason !== undefined) fault(configKeys.historyServerAddress, address, reason);
  return address;
}

function warningsOf(config: DynamicConfig): readonly ConfigFault[] {
  const warnings: ConfigFault[] = [];
  const owned = new Set([...config.serverPartitions.values()].flat());
  const free = Array.from({ length: config.partitionCount }, (_, i) => i).filter((i) => !owned.has(i));
  if (free.length > 0) {
    const reason = 'belong to no server: their users cannot connect';
    warnings.push({ key: configKeys.serverPartitions, value: formatRanges(free), reason });
  }
  for (const serverId of config.serverPartitions.keys()) {
    if (config.serverAddresses.has(serverId)) continue;
    const reason = 'has partitions but no address: clients cannot find it';
    warnings.push({ key: `${configKeys.serverAddresses}.${serverId}`, value: '', reason });
  }
  return warnings;
}

function show(value: ConfigValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
