/**
 * Columns for people: cells padded to the widest, two spaces between, no borders.
 */
export interface Cell {
  readonly text: string;
  /** Applied after padding, so that colour codes do not count as width. */
  readonly paint?: (text: string) => string;
}

export function formatTable(rows: readonly (readonly (string | Cell)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.text.length);
    });
  }
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const padded = column === row.length - 1 ? cell.text : cell.text.padEnd(widths[column] ?? 0);
          return (cell.paint ?? ((text: string) => text))(padded);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
