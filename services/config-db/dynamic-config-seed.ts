/**
 * What a new stack's configuration starts with, and how two configurations differ.
 */
import type { ConfigSnapshot, ConfigValue } from './config-db.ts';
import { configDefaults, configKeys } from './dynamic-config.ts';
import { formatRanges } from './partition-ranges.ts';

export interface SeedPlan {
  readonly partitionCount?: number;
  /** In the order in which they share the partitions, evenly. */
  readonly messagingServerIds: readonly string[];
}

/** Values for the keys that the snapshot lacks; what is there stays. */
export function seedValues(snapshot: ConfigSnapshot, plan: SeedPlan): ReadonlyMap<string, ConfigValue> {
  const present = snapshot.values.get(configKeys.partitionCount);
  const partitionCount = Number(
    typeof present === 'string' ? present : (plan.partitionCount ?? configDefaults.partitionCount),
  );
  const all: readonly [string, ConfigValue][] = [
    [configKeys.partitionCount, String(partitionCount)],
    [configKeys.serverPartitions, shareEvenly(plan.messagingServerIds, partitionCount)],
    [configKeys.userMessageCount, String(configDefaults.userMessageCount)],
    [configKeys.dialogMessageCount, String(configDefaults.dialogMessageCount)],
  ];
  return new Map(all.filter(([key]) => !snapshot.values.has(key)));
}

function shareEvenly(serverIds: readonly string[], partitionCount: number): Readonly<Record<string, string>> {
  const entries = serverIds.map((serverId, i) => {
    const first = Math.floor((i * partitionCount) / serverIds.length);
    const end = Math.floor(((i + 1) * partitionCount) / serverIds.length);
    return [serverId, formatRanges(Array.from({ length: end - first }, (_, n) => first + n))] as const;
  });
  return Object.fromEntries(entries);
}

/** The keys whose values differ; undefined removes the key. */
export function diffConfig(
  before: ReadonlyMap<string, ConfigValue>,
  after: ReadonlyMap<string, ConfigValue>,
): ReadonlyMap<string, ConfigValue | undefined> {
  const keys = new Set([...before.keys(), ...after.keys()]);
  const changed = [...keys].filter((key) => !sameValue(before.get(key), after.get(key)));
  return new Map(changed.map((key) => [key, after.get(key)]));
}

function sameValue(one: ConfigValue | undefined, other: ConfigValue | undefined): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
