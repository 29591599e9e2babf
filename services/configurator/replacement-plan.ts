/**
 * Who gets the partitions of messaging servers that are gone: an idle server takes over all of one's; without an idle one
 * they are spread over the living, the least loaded first, in runs of neighbours. Pure.
 */
export interface Fleet {
  /** Server id → its partitions, ascending. */
  readonly assigned: ReadonlyMap<string, readonly number[]>;
  /** Dead, or about to end. */
  readonly gone: ReadonlySet<string>;
  /** Servers that can take partitions: alive, and clients can find them. */
  readonly able: ReadonlySet<string>;
}

export interface Replacement {
  readonly from: string;
  readonly to: string;
  readonly partitions: readonly number[];
}

/** Empty when nobody is gone, or nobody can take anything. */
export function planReplacements({ assigned, gone, able }: Fleet): readonly Replacement[] {
  const load = new Map([...able].toSorted().map((server) => [server, assigned.get(server)?.length ?? 0]));
  const plan: Replacement[] = [];
  if (load.size === 0) return plan;
  for (const [from, partitions] of assigned) {
    if (!gone.has(from) || partitions.length === 0) continue;
    const idle = [...load].find(([, count]) => count === 0)?.[0];
    const shares = idle === undefined ? sharesOf(load, partitions.length) : new Map([[idle, partitions.length]]);
    let at = 0;
    for (const [to, count] of shares) {
      if (count === 0) continue;
      plan.push({ from, to, partitions: partitions.slice(at, at + count) });
      load.set(to, (load.get(to) ?? 0) + count);
      at += count;
    }
  }
  return plan;
}

/** The assignment after the replacements; who is gone has nothing left. */
export function assignmentAfter(
  assigned: ReadonlyMap<string, readonly number[]>,
  plan: readonly Replacement[],
): ReadonlyMap<string, readonly number[]> {
  const after = new Map([...assigned].map(([server, partitions]) => [server, new Set(partitions)]));
  for (const { from, to, partitions } of plan) {
    const gains = after.get(to) ?? new Set<number>();
    after.set(to, gains);
    for (const partition of partitions) {
      after.get(from)?.delete(partition);
      gains.add(partition);
    }
  }
  return new Map([...after].map(([server, set]) => [server, [...set].toSorted((one, other) => one - other)]));
}

/** How many of `count` go to each, so that all end as equal as they can. */
function sharesOf(load: ReadonlyMap<string, number>, count: number): ReadonlyMap<string, number> {
  const shares = new Map([...load.keys()].map((server) => [server, 0]));
  for (let left = count; left > 0; left -= 1) {
    let least: string | undefined;
    const loadOf = (server: string): number => (load.get(server) ?? 0) + (shares.get(server) ?? 0);
    for (const server of shares.keys()) if (least === undefined || loadOf(server) < loadOf(least)) least = server;
    if (least !== undefined) shares.set(least, (shares.get(least) ?? 0) + 1);
  }
  return shares;
}
