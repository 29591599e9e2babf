/**
 * The parts of a stack as lines of a terminal: part, state, its time, more about it; made to fit. Pure.
 */
import type { Colours, FrameSize } from '../../output/command-output.ts';
import { formatBytes, formatDuration } from '../../output/units.ts';
import { isDone, type PullProgress } from '../../stack/part-report.ts';
import type { PartRow } from './part-rows.ts';

const gap = '  ';
const stateWidth = 10;
const timeWidth = 7;
/** Less of a detail says nothing. */
const leastDetail = 8;
const leastName = 4;

export function partFrame(
  rows: readonly PartRow[],
  nowMs: number,
  { columns, rows: room, colours }: FrameSize,
): string[] {
  const { shown, hidden } = choose(rows, room);
  const longest = Math.max(0, ...rows.map(({ part }) => part.length));
  const name = Math.min(longest, columns, Math.max(leastName, columns - gap.length - stateWidth));
  const lines = shown.map((row) => lineOf(row, nowMs, { name, columns, colours }));
  return hidden.length === 0 ? lines : [...lines, colours.dim(cut(summaryOf(hidden, rows.length), columns))];
}

/** At work before waiting before done, where there is no room for all; in their own order. */
function choose(
  rows: readonly PartRow[],
  room: number,
): { readonly shown: readonly PartRow[]; readonly hidden: readonly PartRow[] } {
  if (rows.length <= room) return { shown: rows, hidden: [] };
  if (room < 1) return { shown: [], hidden: [] };
  const kept = new Set(rows.toSorted((one, other) => rankOf(one) - rankOf(other)).slice(0, room - 1));
  return { shown: rows.filter((row) => kept.has(row)), hidden: rows.filter((row) => !kept.has(row)) };
}

function rankOf(row: PartRow): number {
  if (row.step === 'wait') return 1;
  return isDone(row.step) ? 2 : 0;
}

function summaryOf(hidden: readonly PartRow[], all: number): string {
  const ready = hidden.filter(({ step }) => isDone(step)).length;
  const waiting = hidden.filter(({ step }) => step === 'wait').length;
  const others = hidden.length - ready - waiting;
  const counts = [
    [ready, 'ready'],
    [others, 'at work'],
    [waiting, 'waiting'],
  ] as const;
  const text = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ');
  return hidden.length === all ? text : `and ${text}`;
}

interface Layout {
  readonly name: number;
  readonly columns: number;
  readonly colours: Colours;
}

function lineOf(row: PartRow, nowMs: number, { name, columns, colours }: Layout): string {
  const left = columns - name - gap.length - stateWidth;
  const hasTime = left >= gap.length + timeWidth;
  const detailRoom = left - 2 * gap.length - timeWidth;
  const state = cut(stateOf(row), columns - name - gap.length);
  const time = hasTime ? timeOf(row, nowMs) : '';
  const detail = detailRoom >= leastDetail ? cut(detailOf(row), detailRoom) : '';
  let line = cut(row.part, name);
  if (state !== '') line = `${line.padEnd(name)}${gap}${paintOf(row, colours)(state)}`;
  if (time !== '' || detail !== '') line += `${' '.repeat(stateWidth - state.length)}${gap}${time.padStart(timeWidth)}`;
  return detail === '' ? line : `${line}${gap}${colours.dim(detail)}`;
}

function stateOf({ step, pull }: PartRow): string {
  switch (step) {
    case 'wait':
      return 'waits';
    case 'keep':
    case 'healthy':
    case 'ready':
      return 'ready';
    case 'pull':
      return pull === undefined ? 'pull' : `pull ${pull.percent} %`;
    case 'create':
    case 'start':
    case 'health':
    case 'seed':
    case 'undo':
    case 'failed':
      return step;
  }
}

/** Of a part that is ready, all that it took; else of its state. */
function timeOf(row: PartRow, nowMs: number): string {
  if (row.step === 'wait' || row.beganMs === undefined) return '';
  if (row.step === 'failed') return seconds(row.sinceMs - row.beganMs);
  return seconds(isDone(row.step) ? row.sinceMs - row.beganMs : nowMs - row.sinceMs);
}

function detailOf({ step, detail, pull }: PartRow): string {
  if (step === 'keep') return 'as it was';
  if (isDone(step)) return '';
  return pull === undefined ? detail : pullText(pull);
}

function paintOf(row: PartRow, { green, red, dim, cyan }: Colours): (text: string) => string {
  if (row.step === 'failed') return red;
  if (row.step === 'wait') return dim;
  return isDone(row.step) ? green : cyan;
}

/** "120 MiB of 310 MiB" */
export function pullText({ doneBytes, totalBytes, unpackedPercent }: PullProgress): string {
  return unpackedPercent === undefined
    ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`
    : `${formatBytes(totalBytes)}, ${unpackedPercent} % unpacked`;
}

function seconds(ms: number): string {
  return ms < 100_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : formatDuration(ms).replace(' min ', 'm ');
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}
