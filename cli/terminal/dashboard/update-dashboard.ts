/**
 * The one way in which the dashboard changes. Pure: what is to be done outside comes back as effects.
 */
import type { Key } from '../model/key.ts';
import type { Size } from '../model/size.ts';
import {
  mostLines,
  mostRates,
  type DashboardState,
  type Figures,
  type LogEntry,
  type Rates,
  type ServerRow,
} from './state.ts';

export type DashboardAction =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resize'; readonly size: Size }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'measured'; readonly servers: readonly ServerRow[]; readonly figures: Figures | undefined }
  | { readonly kind: 'logged'; readonly entries: readonly LogEntry[] };

export type DashboardEffect = 'quit' | 'interrupt' | 'redraw' | 'suspend';

export interface DashboardUpdate {
  readonly state: DashboardState;
  readonly effects: readonly DashboardEffect[];
}

export function updateDashboard(state: DashboardState, action: DashboardAction): DashboardUpdate {
  const only = (next: DashboardState): DashboardUpdate => ({ state: next, effects: [] });
  switch (action.kind) {
    case 'key':
      return press(state, action.key);
    case 'resize':
      return { state: { ...state, size: action.size }, effects: ['redraw'] };
    case 'tick':
      return only({ ...state, nowMs: action.nowMs });
    case 'measured':
      return only(measured(state, action.servers, action.figures));
    case 'logged':
      return only(logged(state, action.entries));
  }
}

function press(state: DashboardState, key: Key): DashboardUpdate {
  const typed = key.name === 'text' && !key.alt ? (key.ctrl ? `ctrl-${key.text}` : key.text) : key.name;
  switch (typed) {
    case 'ctrl-c':
    case 'q':
      return { state: { ...state, stopping: true }, effects: [typed === 'q' ? 'quit' : 'interrupt'] };
    case 'ctrl-z':
      return { state, effects: ['suspend'] };
    case 'ctrl-l':
      return { state, effects: ['redraw'] };
  }
  if (state.help) return { state: { ...state, help: false }, effects: [] };
  switch (typed) {
    case 'l':
      return { state: { ...state, shows: state.shows === 'warnings' ? 'all lines' : 'warnings' }, effects: [] };
    case '?':
    case 'f1':
      return { state: { ...state, help: true }, effects: [] };
  }
  return { state, effects: [] };
}

function measured(state: DashboardState, servers: readonly ServerRow[], figures: Figures | undefined): DashboardState {
  const known = new Map(state.servers.map((server) => [server.title, server]));
  const rows = servers.map((server) => {
    const before = known.get(server.title);
    return before !== undefined && before.state === server.state ? { ...server, sinceMs: before.sinceMs } : server;
  });
  if (figures === undefined) return { ...state, servers: rows };
  const rate = state.latest === undefined ? undefined : between(state.latest, figures);
  const rates = rate === undefined ? state.rates : [...state.rates, rate].slice(-mostRates);
  return { ...state, servers: rows, latest: figures, rates };
}

/** Undefined when counting began anew, or no time passed. */
function between(before: Figures, after: Figures): Rates | undefined {
  const seconds = (after.atMs - before.atMs) / 1000;
  if (seconds <= 0 || after.sent < before.sent || after.cpuSeconds < before.cpuSeconds) return undefined;
  return {
    sent: (after.sent - before.sent) / seconds,
    delivered: Math.max(0, after.delivered - before.delivered) / seconds,
    cpu: (after.cpuSeconds - before.cpuSeconds) / seconds,
  };
}

function logged(state: DashboardState, entries: readonly LogEntry[]): DashboardState {
  const loud = entries.filter(({ level }) => level === 'warn' || level === 'error');
  return {
    ...state,
    lines: [...state.lines, ...entries].slice(-mostLines),
    warnings: loud.length === 0 ? state.warnings : [...state.warnings, ...loud].slice(-mostLines),
  };
}
