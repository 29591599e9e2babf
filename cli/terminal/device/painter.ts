/**
 * Puts frames on the terminal: only rows that changed are written, each by its absolute place, so that a
 * character that the terminal draws wider than it should shifts nothing else. Rows come as signs (see Lines).
 */
import type { PlacedLine, Slots } from '../components/lines.tsx';
import type { CursorPlace } from '../view/cursor.ts';

export interface Painter {
  readonly slots: Slots;
  /** The frame as ink wrote it; its rows are forgotten afterwards. */
  paint(frame: string, cursor: CursorPlace | undefined): void;
  /** The screen holds nothing of what was painted. */
  reset(): void;
}

// Private use, beyond what fonts and texts use; a frame holds no text, only these.
const firstSign = 0xf0000;
const synchronized = { begin: '\u001b[?2026h', end: '\u001b[?2026l' };
const clearLine = '\u001b[0m\u001b[2K';

export function createPainter(write: (text: string) => void): Painter {
  let placed: PlacedLine[] = [];
  let shown: string[] = [];
  let shownCursor = '';

  const rowOf = (signs: string): string => {
    let row = '';
    for (const sign of signs) {
      const slot = placed[(sign.codePointAt(0) ?? 0) - firstSign];
      if (slot !== undefined) row += partOf(slot);
    }
    return row;
  };

  return {
    slots: {
      put(line) {
        placed.push(line);
        return String.fromCodePoint(firstSign + placed.length - 1);
      },
    },
    paint(frame, cursor) {
      const rows = frame.split('\n').map(rowOf);
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

function partOf({ line, x, width }: PlacedLine): string {
  const { left, right, rightWidth } = line;
  const start = left === '' ? '' : `\u001b[${x + 1}G${left}`;
  return right === '' ? start : `${start}\u001b[${x + width - rightWidth + 1}G${right}`;
}
