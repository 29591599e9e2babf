/**
 * Lines of a terminal that are drawn again and again in their place, below everything else that is printed. The
 * cursor is never hidden and no mode of the terminal is changed: whatever ends the program, nothing is to be restored.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../../services/core/time/clock.ts';
import type { OutputStream } from '../commands/environment.ts';
import type { FrameSize } from './command-output.ts';

export interface LiveLines {
  /** A text, whole lines, above the drawn ones; it stays. */
  print(text: string): void;
  /** Draws the last frame, which stays. */
  close(): void;
}

export interface LiveLinesOptions {
  readonly stream: OutputStream;
  readonly clock: Clock;
  readonly frame: (size: Omit<FrameSize, 'colours'>) => readonly string[];
}

const toColumnOne = '\r';
const up = (rows: number): string => (rows === 0 ? '' : `\u001b[${rows}A`);
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/** Times in the lines go on also when nothing else happens. */
const tickMs = 100;
const usualColumns = 80;
const usualRows = 24;

export function openLiveLines({ stream, clock, frame }: LiveLinesOptions): LiveLines {
  let drawn: readonly string[] = [];
  let isClosed = false;
  const columns = (): number => positive(stream.columns, usualColumns);

  /** Of the terminal as it is now: one that became narrower broke the lines that it shows. */
  const drawnRows = (): number => drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns())), 0);
  const draw = (above: readonly string[], rows: number): void => {
    if (stream.destroyed || !stream.writable) return;
    // The last column stays free: some terminals break a line as soon as it is full.
    const lines = frame({ columns: Math.max(1, columns() - 1), rows });
    const text = [...above, ...lines].map((line) => `${line}${eraseLine}\n`).join('');
    stream.write(`${toColumnOne}${up(drawnRows())}${text}${eraseBelow}`);
    drawn = lines.map((line) => stripVTControlCharacters(line));
  };
  const redraw = (above: readonly string[] = []): void => {
    // The row below the last line is the cursor's.
    draw(above, Math.max(0, positive(stream.rows, usualRows) - 1));
  };

  redraw();
  const ticking = clock.every(tickMs, () => {
    // A terminal that does not keep up is not given more.
    if (!stream.writableNeedDrain) redraw();
  });
  return {
    print: (text) => {
      if (isClosed) stream.write(`${text}\n`);
      else redraw(text.split('\n'));
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      ticking.cancel();
      draw([], Number.POSITIVE_INFINITY);
    },
  };
}

function positive(value: number | undefined, otherwise: number): number {
  return value === undefined || value <= 0 ? otherwise : value;
}
