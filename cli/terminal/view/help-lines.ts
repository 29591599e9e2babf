/**
 * The page of help as rows of the screen.
 */
import { helpHeight, helpPage, type HelpCell } from '../model/help.ts';
import type { Size } from '../model/size.ts';
import { clip, widthOf } from '../text/graphemes.ts';
import { emptyLine, lineOf, type Line, type Paint } from './paint.ts';

/** From that row of the page on. */
export function helpLines(size: Size, top: number, paint: Paint): readonly Line[] {
  const { rows, columnWidths } = helpPage(size.columns);
  const height = helpHeight(size);
  // The screen may have grown since.
  const first = Math.max(0, Math.min(top, rows.length - height));
  const shown = rows.slice(first, first + height);
  const body = shown.map((cells) => {
    const texts = cells.map((cell, column) => cellText(cell, columnWidths[column] ?? 0, paint));
    return { ...emptyLine, left: ` ${texts.join('')}` };
  });
  const hidden = { above: first, below: rows.length - first - shown.length };
  return [head(size.columns, hidden, paint), emptyLine, ...body].slice(0, size.rows);
}

function head(columns: number, hidden: { readonly above: number; readonly below: number }, paint: Paint): Line {
  if (hidden.above + hidden.below === 0)
    return { ...emptyLine, left: `${paint.bold(' cecochat')}  ${paint.dim('any key goes back')}` };
  const arrows = `${hidden.above > 0 ? '↑' : ' '}${hidden.below > 0 ? '↓' : ' '} more`;
  return lineOf(columns - 1, { text: ' Esc back', paint: paint.dim }, { text: arrows, paint: paint.bold });
}

function cellText(cell: HelpCell, width: number, paint: Paint): string {
  const padded = (text: string, cells: number): string => text + ' '.repeat(Math.max(0, cells - widthOf(text)));
  switch (cell.kind) {
    case 'blank':
      return ' '.repeat(width);
    case 'title':
      return paint.bold(padded(clip(cell.text, width), width));
    case 'meaning':
      return padded(clip(`   ${cell.text}`, width), width);
    case 'key': {
      const key = clip(` ${padded(cell.text, cell.keyWidth)}`, width);
      return paint.bold(key) + padded(clip(cell.meaning, width - widthOf(key)), width - widthOf(key));
    }
  }
}
