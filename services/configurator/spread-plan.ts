/**
 * How partitions are spread evenly over servers with the fewest moves. Pure.
 */
export interface Spread {
  /** Server id → its partitions, ascending. */
  readonly assigned: ReadonlyMap<string, readonly number[]>;
  readonly partitionCount: number;
  /** Who is to share, in the order in which they come when it does not matter. */
  readonly servers: readonly string[];
  /** Who gives away all that it has; servers that are named nowhere keep what they have. */
  readonly leaving: ReadonlySet<string>;
}

/**
 * The whole assignment afterwards: all partitions that no other server has are shared by `servers`, as equally as they
 * can; each keeps as many of its own as it may. Servers without partitions are left out.
 */
export function planSpread({
  assigned,
  partitionCount,
  servers,
  leaving,
}: Spread): ReadonlyMap<string, readonly number[]> {
  const others = [...assigned].filter(([server]) => !servers.includes(server) && !leaving.has(server));
  const taken = new Set(others.flatMap(([, partitions]) => partitions));
  const shared = partitionCount - taken.size;
  const had = (server: string): readonly number[] => assigned.get(server) ?? [];
  // Where they cannot be equal, those who have most now keep one more.
  const byLoad = servers.toSorted((one, other) => had(other).length - had(one).length);
  const share = new Map(
    byLoad.map((server, place) => [
      server,
      Math.floor(shared / servers.length) + (place < shared % servers.length ? 1 : 0),
    ]),
  );
  const kept = new Map(servers.map((server) => [server, had(server).slice(0, share.get(server))]));
  const owned = new Set([...kept.values()].flat());
  const free: number[] = [];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    if (!taken.has(partition) && !owned.has(partition)) free.push(partition);
  }
  let at = 0;
  const after = new Map<string, readonly number[]>(others);
  for (const [server, own] of kept) {
    const missing = (share.get(server) ?? 0) - own.length;
    const all = [...own, ...free.slice(at, at + missing)].toSorted((one, other) => one - other);
    at += missing;
    if (all.length > 0) after.set(server, all);
  }
  return after;
}

/** How many partitions have another server afterwards. */
export function countMoves(before: Spread['assigned'], after: Spread['assigned']): number {
  let moves = 0;
  for (const [server, partitions] of after) {
    const had = new Set(before.get(server));
    moves += partitions.filter((partition) => !had.has(partition)).length;
  }
  return moves;
}
