/**
 * The screen in cells.
 */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Smaller than this nothing is readable. */
export function sizeOf(columns: number, rows: number): Size {
  return { columns: Math.max(10, columns), rows: Math.max(4, rows) };
}
