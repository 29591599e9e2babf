/**
 * Latencies by log-linear buckets, as HdrHistogram has them: 128 per doubling, so a value is known to
 * better than 0.8 %. Recording is a few additions; several processes' counts add up.
 */
export interface Histogram {
  readonly count: number;
  /** Microseconds; up to about 19 hours. */
  record(us: number): void;
  /** Value at or below which this share (0 to 1) of all lies, in microseconds; 0 when empty. */
  quantile(share: number): number;
  max(): number;
  /** [bucket, count] of those that are not empty, and the highest value. */
  save(): SavedHistogram;
  add(saved: SavedHistogram): void;
}

export interface SavedHistogram {
  readonly buckets: readonly (readonly [number, number])[];
  readonly maxUs: number;
}

const subBits = 7;
const subBuckets = 2 ** subBits;
const doublings = 30;

export function createHistogram(): Histogram {
  const counts = new Float64Array(subBuckets * (doublings + 1));
  let count = 0;
  let maxUs = 0;
  return {
    get count() {
      return count;
    },
    record(us) {
      const value = us < 0 ? 0 : Math.floor(us);
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count += 1;
      if (value > maxUs) maxUs = value;
    },
    quantile(share) {
      const rank = Math.max(1, Math.ceil(share * count));
      let passed = 0;
      for (const [bucket, here] of counts.entries()) {
        passed += here;
        if (here > 0 && passed >= rank) return Math.min(highestOf(bucket), maxUs);
      }
      return 0;
    },
    max: () => maxUs,
    save() {
      const buckets = [...counts.entries()].filter(([, here]) => here > 0);
      return { buckets, maxUs };
    },
    add(saved) {
      for (const [bucket, here] of saved.buckets) {
        counts[bucket] = (counts[bucket] ?? 0) + here;
        count += here;
      }
      maxUs = Math.max(maxUs, saved.maxUs);
    },
  };
}

/** Below 128 each value has its bucket; above, each doubling has 128 of twice the width. */
function bucketOf(value: number): number {
  if (value < subBuckets) return value;
  const shift = Math.min(31 - Math.clz32(Math.min(value, 2 ** 31)) - subBits, doublings - 1);
  const sub = Math.min(Math.floor(value / 2 ** shift), 2 * subBuckets - 1) - subBuckets;
  return subBuckets * (shift + 1) + sub;
}

function highestOf(bucket: number): number {
  if (bucket < subBuckets) return bucket;
  const shift = Math.floor(bucket / subBuckets) - 1;
  return (subBuckets + (bucket % subBuckets) + 1) * 2 ** shift - 1;
}
