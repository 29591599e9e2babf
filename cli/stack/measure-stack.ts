/**
 * What a running stack does at a moment: how its servers are, and what they counted so far.
 */
import type { Environment } from '../commands/environment.ts';
import { fetchMetrics, type ServerHealth } from './health.ts';
import { checkProcesses, residentBytes } from './inspect-stack.ts';
import { byServer, parseMetrics, sumOf } from './metrics-text.ts';
import type { StackState } from './stack-files.ts';

export interface StackMeasure {
  readonly health: readonly ServerHealth[];
  /** By server id, of messaging servers. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Undefined: nobody answers, or nobody measures it. */
  readonly counts: StackCounts | undefined;
  readonly memoryBytes: number | undefined;
}

export interface StackCounts {
  /** Sends that were acknowledged, since its process started. */
  readonly sent: number;
  /** Events given to clients, since its process started. */
  readonly delivered: number;
  /** Streams that are open now. */
  readonly sessions: number;
  /** Records that are not in the history yet. */
  readonly behind: number;
  readonly deadLetters: number;
  /** Seconds of processor time, since its process started. */
  readonly cpuSeconds: number;
}

/** Rejects with the signal's reason only. */
export async function measureStack(
  state: StackState,
  environment: Pick<Environment, 'clock' | 'signal'>,
): Promise<StackMeasure> {
  const { signal } = environment;
  // Servers of one process share what they measure.
  const asked = state.processes.length === 0 && state.hosting === undefined ? state.servers.slice(0, 1) : state.servers;
  const [health, texts, memoryBytes] = await Promise.all([
    checkProcesses(state, environment),
    Promise.all(asked.map((server) => fetchMetrics(server, signal).catch(() => undefined))),
    residentBytes(state),
  ]);
  signal.throwIfAborted();
  const known = texts.filter((text) => text !== undefined);
  const samples = known.flatMap(parseMetrics);
  const total = (name: string): number => sumOf(samples, `cecochat_${name}`) ?? 0;
  const counts = {
    sent: total('messaging_acks_total'),
    delivered: total('messaging_deliveries_total'),
    sessions: total('messaging_streams'),
    behind: total('materialize_lag_records'),
    deadLetters: total('dead_letters'),
    cpuSeconds: total('process_cpu_seconds_total'),
  };
  return {
    health,
    partitions: byServer(samples, 'cecochat_messaging_owned_partitions'),
    counts: known.length === 0 ? undefined : counts,
    memoryBytes,
  };
}
