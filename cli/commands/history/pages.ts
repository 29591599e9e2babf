/**
 * Turns pages, newest first, into one list of at most `most`.
 */
export interface Collected<T> {
  readonly rows: T[];
  /** Nothing older is left. */
  readonly end: boolean;
}

/** `page` gets the last row so far and how many more are wanted (0: as many as the server gives). */
export async function collectPages<T>(
  most: number,
  page: (last: T | undefined, limit: number) => Promise<{ rows: readonly T[]; end: boolean }>,
): Promise<Collected<T>> {
  const rows: T[] = [];
  for (;;) {
    const wanted = most - rows.length;
    const next = await page(rows.at(-1), Number.isFinite(wanted) ? Math.min(wanted, 1000) : 0);
    const taken = next.rows.slice(0, wanted);
    rows.push(...taken);
    if (next.end || next.rows.length === 0) return { rows, end: taken.length === next.rows.length };
    if (rows.length >= most) return { rows, end: false };
  }
}
