/**
 * The newest rows of buckets, newest bucket first: one bucket, then two, four and more side by side, until there
 * are enough rows or no more buckets. So the busy pay for one read, and who writes little for a few rounds.
 */
export interface BucketWalk<B, R> {
  /** Buckets below `after` (undefined: all), the newest first, at most `count`. */
  readonly buckets: (after: B | undefined, count: number) => Promise<readonly B[]>;
  /** The newest rows of a bucket, at most `count`. */
  readonly rows: (bucket: B, count: number) => Promise<readonly R[]>;
  readonly limit: number;
}

const listed = 32;
const mostAtOnce = 16;

export async function walkBuckets<B, R>({ buckets, rows, limit }: BucketWalk<B, R>): Promise<R[]> {
  const found: R[] = [];
  let list: readonly B[] = [];
  let at = 0;
  let atOnce = 1;
  let last: B | undefined;
  let isLast = false;
  while (found.length < limit) {
    if (at === list.length) {
      if (isLast) break;
      list = await buckets(last, listed);
      isLast = list.length < listed;
      last = list.at(-1);
      at = 0;
      if (list.length === 0) break;
    }
    const round = list.slice(at, at + atOnce);
    at += round.length;
    atOnce = Math.min(2 * atOnce, mostAtOnce);
    const missing = limit - found.length;
    const read = await Promise.all(round.map((bucket) => rows(bucket, missing)));
    for (const each of read) found.push(...each);
  }
  return found.slice(0, limit);
}
