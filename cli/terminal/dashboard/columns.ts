/**
 * Cells beside one another, for rows of the dashboard.
 */
import { clip, widthOf } from '../text/graphemes.ts';

export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly paint?: (text: string) => string;
  readonly align?: 'right';
}

/** Each cut or filled up to its width. */
export function cellsOf(cells: readonly Cell[]): string {
  return cells
    .filter(({ width }) => width > 0)
    .map(({ text, width, paint, align }) => {
      const shown = clip(text, width);
      const room = ' '.repeat(Math.max(0, width - widthOf(shown)));
      const painted = paint === undefined ? shown : paint(shown);
      return align === 'right' ? room + painted : painted + room;
    })
    .join('');
}

const blocks = '▁▂▃▄▅▆▇█';

/** The last values, one a cell, up to the highest of them; nothing is a space. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(...shown, 0);
  return shown
    .map((value) => (value <= 0 ? '▁' : (blocks[Math.min(7, Math.floor((value / highest) * 8))] ?? ' ')))
    .join('')
    .padStart(Math.max(0, width), ' ');
}
