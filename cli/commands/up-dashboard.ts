/**
 * `up --foreground` on a terminal: feeds the dashboard with what the stack says of itself.
 */
import { dateAt } from '../../services/core/time/date.ts';
import { logFacts, type LogLine } from '../output/log-line.ts';
import { openContainerLogs } from '../stack/docker/container-logs.ts';
import { stackFolders } from '../stack/folders.ts';
import { measureStack, type StackMeasure } from '../stack/measure-stack.ts';
import { mergeLogs, type LogSource } from '../stack/merged-log.ts';
import type { StackState } from '../stack/stack-files.ts';
import { readState } from '../stack/state.ts';
import type { Figures, LogEntry, ServerRow } from '../terminal/dashboard/state.ts';
import { openDashboard, type Dashboard } from '../terminal/run-dashboard.tsx';
import { visibleLine } from '../terminal/text/visible-text.ts';
import type { TerminalHost } from '../terminal-host.ts';
import type { Environment } from './environment.ts';
import { findLogs } from './logs.ts';
import { serverTitle } from './stack-text.ts';

const measureEveryMs = 1_000;
/** Of what was logged before it opened. */
const linesBefore = 200;

export interface DashboardFeed {
  readonly environment: Environment;
  readonly host: TerminalHost;
  readonly state: StackState;
  /** Its user wants the stack to stop. */
  readonly stop: (how: 'quit' | 'interrupt') => void;
}

/** Resolves when the environment's signal aborts; the terminal is given back then. */
export async function showDashboard({ environment, host, state, stop }: DashboardFeed): Promise<void> {
  const { stdin, stdout, clock, env, signal } = environment;
  const noColor = env['NO_COLOR'];
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const dashboard = openDashboard({
    stdin,
    stdout,
    clock,
    host,
    signal,
    stop,
    stack: {
      name: state.name,
      version: state.version,
      engines: `${state.backends} engines`,
      startedAtMs: state.startedAtMs,
    },
    servers: state.servers.map((server) => ({
      ...rowOf(server),
      state: 'unknown',
      reason: '',
      sinceMs: clock.nowMs(),
    })),
    colours: noColor === undefined || noColor === '',
  });
  try {
    await Promise.race([
      dashboard.left,
      measure({ environment, state, dashboard, signal: either }),
      follow({ environment, state, dashboard, signal: either }),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    dashboard.close();
    done.abort();
  }
}

interface Feeding {
  readonly environment: Environment;
  readonly state: StackState;
  readonly dashboard: Dashboard;
  readonly signal: AbortSignal;
}

async function measure({ environment, state, dashboard, signal }: Feeding): Promise<never> {
  const { clock } = environment;
  const folders = stackFolders(environment, state.name);
  for (;;) {
    // Servers may have come, gone, or got another process.
    const now = (await readState(folders).catch(() => undefined)) ?? state;
    const measured = await measureStack(now, { clock, signal });
    dashboard.dispatch({ kind: 'measured', ...shownOf(measured, { atMs: clock.nowMs(), state: now }) });
    await clock.sleep(measureEveryMs, signal);
  }
}

async function follow({ environment, state, dashboard, signal }: Feeding): Promise<void> {
  const { name, startedAtMs } = state;
  const folder = stackFolders(environment, name).logs;
  const containers = await openContainerLogs(environment, name).catch(() => undefined);
  const about = { folder, level: 'debug', parts: [], tail: linesBefore, follow: true } as const;
  const request = containers === undefined ? about : { ...about, containers };
  const find = (): Promise<LogSource[]> => findLogs({ ...environment, signal }, request);
  const since = dateAt(startedAtMs).toISOString();
  const accept = (line: LogLine): boolean => line.time === '' || line.time >= since;
  const { clock } = environment;
  for await (const line of mergeLogs(find, { tail: linesBefore, follow: true, accept, signal, clock }))
    dashboard.dispatch({ kind: 'logged', entries: [entryOf(line)] });
  // The log goes on for as long as the dashboard does.
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function shownOf(
  { health, partitions, counts, memoryBytes }: StackMeasure,
  { atMs, state }: { atMs: number; state: StackState },
): { servers: readonly ServerRow[]; figures: Figures | undefined } {
  const readyAtMs = state.startedAtMs + (state.readyAfterMs ?? 0);
  const servers = health.map(({ server, state: now, reasons }): ServerRow => ({
    ...rowOf(server),
    state: now,
    reason: visibleLine(reasons.join('; ')),
    partitions: partitions.get(`${server.name}-${server.serverId}`),
    // What was ready at the first look has been since the stack was.
    sinceMs: now === 'ready' ? readyAtMs : atMs,
  }));
  return { servers, figures: counts === undefined ? undefined : { ...counts, atMs, memoryBytes } };
}

function rowOf(
  server: StackState['servers'][number],
): Pick<ServerRow, 'title' | 'httpPort' | 'grpcPort' | 'partitions'> {
  const port = (address: string | null): string => /:(\d+)$/.exec(address ?? '')?.[1] ?? '';
  return {
    title: serverTitle(server),
    httpPort: port(server.httpAddress),
    grpcPort: port(server.grpcAddress),
    partitions: undefined,
  };
}

function entryOf(line: LogLine): LogEntry {
  const { time, level, part } = line;
  const text = [line.message, ...logFacts(line)].join(' ');
  return { time: /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? '', level, part: visibleLine(part), text: visibleLine(text) };
}
