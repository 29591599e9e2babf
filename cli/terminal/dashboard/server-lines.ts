/**
 * Servers as rows of a table: a column that has no room is left out.
 */
import { formatDuration } from '../../output/units.ts';
import type { Paint } from '../view/paint.ts';
import { cellsOf, type Cell } from './columns.ts';
import type { ServerRow } from './state.ts';

const titleWidth = 17;
const stateWidth = 13;
const portWidth = 8;
const partitionsWidth = 12;
const sinceWidth = 12;

export function serverHead(width: number, paint: Paint): string {
  const named = (text: string, cells: number): Cell => ({ text, width: cells, paint: paint.dim });
  return cellsOf([
    named('   Server', titleWidth),
    named('State', stateWidth),
    ...columns(width, [
      [named('HTTP', portWidth), portWidth],
      [named('gRPC', portWidth), portWidth],
      [named('Uptime', sinceWidth), sinceWidth],
      [named('Partitions', partitionsWidth), partitionsWidth],
    ]),
  ]);
}

export function serverLine(
  server: ServerRow,
  width: number,
  { nowMs, paint }: { nowMs: number; paint: Paint },
): string {
  const { title, state, reason, httpPort, grpcPort, partitions, sinceMs } = server;
  const isReady = state === 'ready';
  const style = isReady ? paint.good : (text: string) => paint.bold(paint.bad(text));
  const head: Cell[] = [
    { text: isReady ? ' ● ' : ' ○ ', width: 3, paint: style },
    { text: title, width: titleWidth - 3, paint: isReady ? paint.bold : style },
  ];
  // What is wrong needs the room more than its ports do.
  if (!isReady) {
    const why = reason === '' ? state : `${state}: ${reason}`;
    return cellsOf([...head, { text: why, width: Math.max(0, width - titleWidth), paint: style }]);
  }
  const plain = (text: string, cells: number): Cell => ({ text, width: cells });
  const since = formatDuration(Math.max(1000, nowMs - sinceMs)).replace(/\.\d/, '');
  return cellsOf([
    ...head,
    { text: state, width: Math.min(stateWidth, Math.max(0, width - titleWidth)), paint: style },
    ...columns(width, [
      [plain(httpPort, portWidth), portWidth],
      [plain(grpcPort === '' ? '–' : grpcPort, portWidth), portWidth],
      [{ text: since, width: sinceWidth }, sinceWidth],
      [plain(partitions === undefined ? '' : String(partitions), partitionsWidth), partitionsWidth],
    ]),
  ]);
}

/** Those that are not ready first. */
export function serversByNeed(servers: readonly ServerRow[]): readonly ServerRow[] {
  const sick = servers.filter((server) => server.state !== 'ready');
  return [...sick, ...servers.filter((server) => server.state === 'ready')];
}

/** As many from the first on as there is room for; the last one takes what is left. */
function columns(width: number, wanted: readonly (readonly [Cell, number])[]): Cell[] {
  let room = width - titleWidth - stateWidth;
  const shown: Cell[] = [];
  for (const [cell, cells] of wanted) {
    if (room < cells) break;
    shown.push(cell);
    room -= cells;
  }
  return room > 0 ? [...shown, { text: '', width: room }] : shown;
}
