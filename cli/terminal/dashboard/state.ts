/**
 * Everything that the dashboard of `up --foreground` shows, as plain data. Changed by `updateDashboard` only.
 */
import type { Size } from '../model/size.ts';

export interface DashboardState {
  readonly size: Size;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly stack: StackFacts;
  readonly servers: readonly ServerRow[];
  /** One for each measure, oldest first, at most `mostRates`. */
  readonly rates: readonly Rates[];
  readonly latest: Figures | undefined;
  /** Newest last, at most `mostLines` of each: of all levels, and of warnings and errors. */
  readonly lines: readonly LogEntry[];
  readonly warnings: readonly LogEntry[];
  readonly shows: 'warnings' | 'all lines';
  readonly help: boolean;
  readonly stopping: boolean;
}

export interface StackFacts {
  readonly name: string;
  readonly version: string;
  /** "embedded engines" */
  readonly engines: string;
  readonly startedAtMs: number;
}

export interface ServerRow {
  /** "messaging s1" */
  readonly title: string;
  readonly state: 'ready' | 'not ready' | 'unreachable' | 'unknown';
  /** Why it is not ready. */
  readonly reason: string;
  readonly httpPort: string;
  readonly grpcPort: string;
  /** Of messaging servers. */
  readonly partitions: number | undefined;
  /** Since when it is in that state. */
  readonly sinceMs: number;
}

/** What was counted up to a moment. */
export interface Figures {
  readonly atMs: number;
  readonly sent: number;
  readonly delivered: number;
  readonly cpuSeconds: number;
  readonly sessions: number;
  readonly behind: number;
  readonly deadLetters: number;
  readonly memoryBytes: number | undefined;
}

/** Between two measures, for each second. */
export interface Rates {
  readonly sent: number;
  readonly delivered: number;
  /** 1 = one processor. */
  readonly cpu: number;
}

export interface LogEntry {
  /** "14:03:07"; empty when the line has none. */
  readonly time: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly part: string;
  /** Harmless, one line. */
  readonly text: string;
}

export const mostRates = 300;
export const mostLines = 200;

export function startDashboard(
  stack: StackFacts,
  from: { readonly size: Size; readonly nowMs: number; readonly servers: readonly ServerRow[] },
): DashboardState {
  return {
    ...from,
    stack,
    rates: [],
    latest: undefined,
    lines: [],
    warnings: [],
    shows: 'warnings',
    help: false,
    stopping: false,
  };
}
