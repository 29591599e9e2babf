/**
 * The last lines of the log, one row each.
 */
import { clip } from '../text/graphemes.ts';
import { emptyLine, lineOf, type Line, type Paint } from '../view/paint.ts';
import { cellsOf } from './columns.ts';
import type { DashboardState, LogEntry } from './state.ts';

const timeWidth = 9;
const levelWidth = 6;
const partWidth = 15;

export function logLines(state: DashboardState, rows: number, paint: Paint): readonly Line[] {
  const { size, shows } = state;
  const entries = shows === 'warnings' ? state.warnings : state.lines;
  const nothing = shows === 'warnings' ? ' no warning and no error so far' : ' nothing is logged yet';
  if (entries.length === 0) return rows < 1 ? [] : [lineOf(size.columns - 1, { text: nothing, paint: paint.dim })];
  return entries.slice(-Math.max(0, rows)).map((entry) => entryLine(entry, size.columns - 1, paint));
}

function entryLine({ time, level, part, text }: LogEntry, width: number, paint: Paint): Line {
  const style = {
    debug: paint.dim,
    info: paint.own,
    warn: (said: string) => paint.bold(paint.warn(said)),
    error: (said: string) => paint.bold(paint.bad(said)),
  }[level];
  const isNarrow = width < 60;
  const head = cellsOf([
    { text: '', width: 1 },
    { text: time, width: timeWidth, paint: paint.dim },
    { text: level, width: levelWidth, paint: style },
    ...(isNarrow ? [] : [{ text: part, width: partWidth, paint: paint.bold }]),
  ]);
  const used = 1 + timeWidth + levelWidth + (isNarrow ? 0 : partWidth);
  const room = Math.max(0, width - used);
  // On the smallest screens what is said matters more than when.
  if (room < 12) return { ...emptyLine, left: ` ${style(clip(text, width - 1))}` };
  return { ...emptyLine, left: head + clip(isNarrow && part !== '' ? `${part}: ${text}` : text, room) };
}
