/**
 * The whole dashboard as rows, for any size of the screen: what does not fit gives way from the least to the
 * most important.
 */
import { formatDuration } from '../../output/units.ts';
import { emptyLine, lineOf, rule, type Line, type Paint } from '../view/paint.ts';
import { cellsOf, type Cell } from './columns.ts';
import { figureLine, figureLines, figureRows } from './figure-lines.ts';
import { logLines } from './log-lines.ts';
import { serverHead, serverLine, serversByNeed } from './server-lines.ts';
import type { DashboardState } from './state.ts';

/** From this width on, servers and figures stand side by side. */
const wideColumns = 118;
const serversWidth = 66;
const leastLog = 2;

/** As many as the screen has rows. */
export function dashboardLines(state: DashboardState, paint: Paint): readonly Line[] {
  const { rows, columns } = state.size;
  if (state.help) return fitted(helpLines(state, paint), rows);
  const body = state.size.rows - 2;
  const lines = (columns >= wideColumns ? wide(state, paint, body) : undefined) ?? tall(state, paint, body);
  return [headLine(state, paint), ...fitted(lines ?? compact(state, paint, body), body), footLine(state, paint)];
}

function fitted(lines: readonly Line[], rows: number): readonly Line[] {
  return [...lines.slice(0, rows), ...Array<Line>(Math.max(0, rows - lines.length)).fill(emptyLine)];
}

function headLine(state: DashboardState, paint: Paint): Line {
  const { stack, servers, nowMs, size } = state;
  const sick = servers.filter((server) => server.state !== 'ready').length;
  const up = `up ${formatDuration(Math.max(1000, nowMs - stack.startedAtMs)).replace(/\.\d/, '')}`;
  const health = sick === 0 ? '● ready' : `○ ${sick} of ${servers.length} servers not ready`;
  const long = ` cecochat · ${stack.name} · ${stack.engines} · ${stack.version}`;
  const right = `${health} · ${up}`;
  const left = long.length + right.length + 2 <= size.columns ? long : ` ${stack.name}`;
  const style = sick === 0 ? paint.good : (text: string) => paint.bold(paint.bad(text));
  return lineOf(size.columns, { text: left, paint: paint.bold }, { text: `${right} `, paint: style });
}

function footLine({ size, shows, stopping }: DashboardState, paint: Paint): Line {
  const width = size.columns - 1;
  if (stopping) return lineOf(width, { text: ' stopping the stack…', paint: (text) => paint.bold(paint.warn(text)) });
  const other = shows === 'warnings' ? 'all log lines' : 'warnings only';
  return lineOf(width, { text: ` q stop the stack · l ${other} · ? help`, paint: paint.dim });
}

/** Servers at the left, figures at the right, the log below both; undefined: the screen is too low. */
function wide(state: DashboardState, paint: Paint, body: number): readonly Line[] | undefined {
  const { servers, size } = state;
  const top = Math.max(servers.length + 1, figureRows);
  if (body < top + 2 + leastLog) return undefined;
  const right = size.columns - serversWidth - 3;
  const table = [
    serverHead(serversWidth, paint),
    ...servers.map((server) => serverLine(server, serversWidth, view(state, paint))),
  ];
  const figures = figureLines(state, right, paint);
  const border = paint.dim('│');
  const split = (mark: string): Line => ({
    ...emptyLine,
    left: paint.dim(`${rule(serversWidth)}${mark}${rule(size.columns - serversWidth - 1)}`),
  });
  const rows = Array.from({ length: top }, (_, index): Line => ({
    ...emptyLine,
    left: `${table[index] ?? ' '.repeat(serversWidth)}${border} ${figures[index] ?? ''}`,
  }));
  return [split('┬'), ...rows, split('┴'), ...logLines(state, body - top - 2, paint)];
}

/** One below the other; undefined: the screen is too low. */
function tall(state: DashboardState, paint: Paint, body: number): readonly Line[] | undefined {
  const { servers, size } = state;
  const width = size.columns;
  const used = servers.length + 1 + figureRows + 3;
  if (body < used + leastLog || width < 40) return undefined;
  const line = (left: string): Line => ({ ...emptyLine, left });
  const parting = line(paint.dim(rule(width)));
  return [
    parting,
    line(serverHead(width, paint)),
    ...servers.map((server) => line(serverLine(server, width, view(state, paint)))),
    parting,
    ...figureLines(state, width - 2, paint).map((text) => line(` ${text}`)),
    parting,
    ...logLines(state, body - used, paint),
  ];
}

/** One row of figures, the servers that need a look first, the log as far as there is room. */
function compact(state: DashboardState, paint: Paint, body: number): readonly Line[] {
  const { size } = state;
  const room = Math.max(0, body - 1);
  const sorted = serversByNeed(state.servers);
  const shown = sorted.length <= room ? sorted : sorted.slice(0, Math.max(0, room - 1));
  const hidden = sorted.length - shown.length;
  const more = `   … and ${hidden} ${sorted[shown.length]?.state === 'ready' ? 'ready' : 'more'}`;
  const left = room - shown.length - (hidden > 0 ? 1 : 0);
  return [
    figureLine(state, size.columns - 1, paint),
    ...shown.map((server) => ({ ...emptyLine, left: serverLine(server, size.columns, view(state, paint)) })),
    ...(hidden > 0 ? [lineOf(size.columns - 1, { text: more, paint: paint.dim })] : []),
    ...(left >= leastLog
      ? [{ ...emptyLine, left: paint.dim(rule(size.columns)) }, ...logLines(state, left - 1, paint)]
      : []),
  ];
}

function view({ nowMs }: DashboardState, paint: Paint): { nowMs: number; paint: Paint } {
  return { nowMs, paint };
}

const help: readonly (readonly [title: string, rows: readonly (readonly [what: string, meaning: string])[]])[] = [
  [
    'Keys',
    [
      ['q, Ctrl-C', 'stop the stack and leave'],
      ['l', 'warnings and errors, or all log lines'],
      ['Ctrl-Z', 'back to the shell; the stack goes on'],
    ],
  ],
  [
    'Figures',
    [
      ['sent', 'messages acknowledged: they are durable'],
      ['delivered', 'messages and receipts given to clients'],
      ['sessions', 'open streams of clients'],
      ['behind', 'records that history does not have yet'],
      ['dead letters', 'records that history could not take'],
      ['memory, CPU', 'of the process of all servers'],
    ],
  ],
];

function helpLines({ size }: DashboardState, paint: Paint): readonly Line[] {
  const line = (...cells: readonly Cell[]): Line => ({ ...emptyLine, left: cellsOf(cells) });
  const width = size.columns;
  const termWidth = Math.min(17, width);
  return [
    line(
      { text: ' cecochat', width: 11, paint: paint.bold },
      { text: 'any key goes back', width: width - 11, paint: paint.dim },
    ),
    emptyLine,
    ...help.flatMap(([title, rows]) => [
      line({ text: ` ${title}`, width, paint: paint.bold }),
      ...rows.map(([what, meaning]) =>
        line({ text: `   ${what}`, width: termWidth, paint: paint.bold }, { text: meaning, width: width - termWidth }),
      ),
      emptyLine,
    ]),
  ];
}
