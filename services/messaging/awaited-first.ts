/**
 * Each partition once: one that is awaited when the next one is asked for, or else the next in order.
 */
export function* awaitedFirst(partitions: Iterable<number>, awaited: Iterable<number>): Generator<number> {
  const left = new Set(partitions);
  for (;;) {
    const next = firstIn(left, awaited) ?? firstIn(left, left);
    if (next === undefined) return;
    left.delete(next);
    yield next;
  }
}

function firstIn(left: ReadonlySet<number>, some: Iterable<number>): number | undefined {
  for (const partition of some) if (left.has(partition)) return partition;
  return undefined;
}
