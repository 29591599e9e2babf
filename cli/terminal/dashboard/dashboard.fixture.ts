/**
 * A stack of seven servers for tests of the dashboard.
 */
import { sizeOf, type Size } from '../model/size.ts';
import { startDashboard, type DashboardState, type Figures, type LogEntry, type ServerRow } from './state.ts';
import { updateDashboard, type DashboardAction, type DashboardEffect } from './update-dashboard.ts';

export const startedMs = 1_795_694_400_000;

const titles = ['profile', 'connect', 'messaging s1', 'messaging s2', 'materialize', 'history', 'configurator'];

export const servers: readonly ServerRow[] = titles.map((title, index) => ({
  title,
  state: 'ready',
  reason: '',
  httpPort: String(7100 + index),
  grpcPort: title.startsWith('messaging') || title === 'history' ? String(7110 + index) : '',
  partitions: title.startsWith('messaging') ? 180 : undefined,
  sinceMs: startedMs + 1_000,
}));

export function figures(seconds: number, given: Partial<Figures> = {}): Figures {
  return {
    atMs: startedMs + seconds * 1_000,
    sent: 0,
    delivered: 0,
    cpuSeconds: 1,
    sessions: 0,
    behind: 0,
    deadLetters: 0,
    memoryBytes: 180 * 1024 * 1024,
    ...given,
  };
}

export function logged(level: LogEntry['level'], text: string): DashboardAction {
  return { kind: 'logged', entries: [{ time: '12:00:05', level, part: 'messaging-s1', text }] };
}

export function pressed(text: string, ctrl = false): DashboardAction {
  return { kind: 'key', key: { name: 'text', text, ctrl, alt: false, shift: false } };
}

/** Runs actions one after the other; gives the last state and all effects. */
export function play(
  actions: readonly DashboardAction[],
  size: Size = { columns: 100, rows: 30 },
): { state: DashboardState; effects: DashboardEffect[] } {
  const stack = { name: 'default', version: '0.1.0', engines: 'embedded engines', startedAtMs: startedMs };
  const begun = { size: sizeOf(size.columns, size.rows), nowMs: startedMs + 133_000, servers };
  let state = startDashboard(stack, begun);
  const effects: DashboardEffect[] = [];
  for (const action of actions) {
    const next = updateDashboard(state, action);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}
