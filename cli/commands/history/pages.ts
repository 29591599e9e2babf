/**
 * Turns pages, newest first, into one list of at most `most`.
 */
/** Asked for at least, when not every row counts. */
const mixedPage = 100;

export interface Collected<T> {
  readonly rows: T[];
  /** Nothing older is left. */
  readonly end: boolean;
}

/**
 * `page` gets the last row so far and how many more are wanted (0: as many as the server gives). Only rows
 * that `counts` says yes to count; the others between them come along.
 */
export async function collectPages<T>(
  most: number,
  page: (last: T | undefined, limit: number) => Promise<{ rows: readonly T[]; end: boolean }>,
  counts?: (row: T) => boolean,
): Promise<Collected<T>> {
  const rows: T[] = [];
  let counted = 0;
  for (;;) {
    const wanted = most - counted;
    const least = counts === undefined ? wanted : Math.max(wanted, mixedPage);
    const next = await page(rows.at(-1), Number.isFinite(least) ? Math.min(least, 1000) : 0);
    let taken = 0;
    for (const row of next.rows) {
      if (counted >= most) break;
      rows.push(row);
      taken += 1;
      if (counts === undefined || counts(row)) counted += 1;
    }
    if (next.end || next.rows.length === 0) return { rows, end: taken === next.rows.length };
    if (counted >= most) return { rows, end: false };
  }
}
