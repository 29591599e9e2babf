/**
 * Puts frames on the terminal: only rows that changed are written, each by its absolute place, so that a
 * character that the terminal draws wider than it should shifts nothing else. Panes come as signs (see Lines).
 */
import type { LinesProps, Slots } from '../components/lines.tsx';
import type { CursorPlace } from '../view/cursor-place.ts';

export interface Painter {
  readonly slots: Slots;
  /** The frame as ink wrote it; its rows are forgotten afterwards. */
  paint(frame: string, cursor: CursorPlace | undefined): void;
  /** The screen holds nothing of what was painted. */
  reset(): void;
}

const firstSign = 'A'.charCodeAt(0);
const synchronized = { begin: '\u001b[?2026h', end: '\u001b[?2026l' };
const clearLine = '\u001b[0m\u001b[2K';

export function createPainter(write: (text: string) => void): Painter {
  let placed: LinesProps[] = [];
  let shown: string[] = [];
  let shownCursor = '';

  /** The rows of the screen, each as what is written for it. */
  const rowsOf = (frame: string): string[] => {
    const signs = frame.split('\n');
    const rows = signs.map(() => '');
    for (const [top, row] of signs.entries())
      for (const sign of row) {
        const pane = placed[sign.charCodeAt(0) - firstSign];
        if (pane !== undefined) addPane(rows, top, pane);
      }
    return rows;
  };

  return {
    slots: {
      put(lines) {
        placed.push(lines);
        return String.fromCharCode(firstSign + placed.length - 1);
      },
    },
    paint(frame, cursor) {
      const rows = rowsOf(frame);
      placed = [];
      let changed = '';
      for (let index = 0; index < Math.max(rows.length, shown.length); index += 1) {
        const row = rows[index] ?? '';
        if (row !== shown[index]) changed += `\u001b[${index + 1};1H${clearLine}${row}\u001b[0m`;
      }
      shown = rows;
      const place = cursor === undefined ? '\u001b[?25l' : `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h`;
      if (changed === '' && place === shownCursor) return;
      shownCursor = place;
      write(changed === '' ? place : `${synchronized.begin}\u001b[?25l${changed}${place}${synchronized.end}`);
    },
    reset() {
      shown = [];
      shownCursor = '';
    },
  };
}

function addPane(rows: string[], top: number, { x, width, height, lines }: LinesProps): void {
  for (const [index, { left, right, rightWidth }] of lines.slice(0, height).entries()) {
    const row = rows[top + index];
    if (row === undefined) return;
    const start = left === '' ? '' : `\u001b[${x + 1}G${left}`;
    const end = right === '' ? '' : `\u001b[${x + width - rightWidth + 1}G${right}`;
    rows[top + index] = row + start + end;
  }
}
