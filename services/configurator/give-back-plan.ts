/**
 * Which messaging servers lost their place when their partitions were spread over the others, and what each gets
 * back when it lives again. Read from the log of changes, so that every configurator knows it, also one that was
 * just started; what a person changes afterwards settles it. Pure.
 */
import type { ConfigChange, ConfigValue } from '../config-db/config-db.ts';
import { configKeys } from '../config-db/dynamic-config.ts';
import { parseRanges } from '../config-db/partition-ranges.ts';
import type { Replacement } from './replacement-plan.ts';

/** Authors of changes. */
export const replacementAuthor = 'replacement';
export const giveBackAuthor = 'give-back';

/** Server id → what it had when it died, ascending. `newestFirst` is the configuration's log. */
export function owedServers(
  newestFirst: readonly ConfigChange[],
  partitionCount: number,
): ReadonlyMap<string, readonly number[]> {
  const owed = new Map<string, readonly number[]>();
  for (const { author, entries } of newestFirst.toReversed()) {
    const entry = entries.find(({ key }) => key === configKeys.serverPartitions);
    if (entry === undefined) continue;
    const [before, after] = [hashOf(entry.before), hashOf(entry.after)];
    const gained = Object.keys(after).filter((server) => !(server in before));
    const lost = Object.keys(before).filter((server) => !(server in after));
    if (author !== replacementAuthor && author !== giveBackAuthor) owed.clear();
    // Whoever is replaced by an idle server becomes the idle one in its place.
    const places = gained.filter((server) => !owed.has(server)).length;
    for (const server of Object.keys(after)) owed.delete(server);
    if (author !== replacementAuthor) continue;
    for (const server of lost.slice(places)) owed.set(server, partitionsOf(before[server], partitionCount));
  }
  return owed;
}

export interface GiveBack {
  /** Server id → its partitions, ascending. */
  readonly assigned: ReadonlyMap<string, readonly number[]>;
  /** Lives again, and has nothing. */
  readonly server: string;
  /** What it had. */
  readonly had: readonly number[];
}

/** An equal share for the server, what it had first; the others keep at least as much. */
export function planGiveBack({ assigned, server, had }: GiveBack): readonly Replacement[] {
  const left = new Map([...assigned].filter(([owner]) => owner !== server).map(([owner, own]) => [owner, [...own]]));
  const total = [...left.values()].reduce((sum, own) => sum + own.length, 0);
  const share = Math.floor(total / (left.size + 1));
  const taken = new Map<string, number[]>();
  const take = (owner: string, partition: number): void => {
    left.set(owner, left.get(owner)?.filter((one) => one !== partition) ?? []);
    taken.set(owner, [...(taken.get(owner) ?? []), partition]);
  };
  let count = 0;
  for (const partition of had) {
    const holder = [...left].find(([, own]) => own.includes(partition));
    if (count === share || holder === undefined || holder[1].length <= share) continue;
    take(holder[0], partition);
    count += 1;
  }
  for (; count < share; count += 1) {
    const [most] = [...left].toSorted(([, one], [, other]) => other.length - one.length);
    const last = most?.[1].at(-1);
    if (most !== undefined && last !== undefined) take(most[0], last);
  }
  return [...taken].map(([from, partitions]) => ({
    from,
    to: server,
    partitions: partitions.toSorted((one, other) => one - other),
  }));
}

function hashOf(value: ConfigValue | undefined): Readonly<Record<string, string>> {
  const hash = typeof value === 'object' ? value : {};
  return Object.fromEntries(Object.entries(hash).filter(([, ranges]) => ranges !== ''));
}

function partitionsOf(ranges: string | undefined, partitionCount: number): readonly number[] {
  const parsed = parseRanges(ranges ?? '', partitionCount);
  return 'partitions' in parsed ? parsed.partitions : [];
}
