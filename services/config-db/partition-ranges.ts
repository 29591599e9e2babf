/**
 * Sets of partitions as people write them: "0-179,200". Empty text is the empty set.
 */
export function parseRanges(
  text: string,
  partitionCount: number,
): { readonly partitions: readonly number[] } | { readonly reason: string } {
  const found = new Set<number>();
  if (text === '') return { partitions: [] };
  for (const part of text.split(',')) {
    const range = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part.trim());
    if (range === null) return { reason: `has "${part.slice(0, 40)}", which is no range like 0-179 or 200` };
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (first > last) return { reason: `has "${part.trim()}", which ends before it begins` };
    if (last >= partitionCount) {
      return { reason: `has "${part.trim()}", but the partitions are 0 to ${partitionCount - 1}` };
    }
    for (let partition = first; partition <= last; partition += 1) {
      if (found.has(partition)) return { reason: `names partition ${partition} twice` };
      found.add(partition);
    }
  }
  return { partitions: [...found].sort((a, b) => a - b) };
}

/** The shortest such text. */
export function formatRanges(partitions: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && partition <= open.last + 1) open.last = partition;
    else ranges.push({ first: partition, last: partition });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
