/**
 * What a running stack does at a moment: how its servers are, and what they counted so far.
 */
import { checkServers, fetchMetrics, type ServerHealth } from './health.ts';
import { byServer, parseMetrics, sumOf } from './metrics-text.ts';
import { residentBytesOf } from './process/process-identity.ts';
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
  { pid, servers }: Pick<StackState, 'pid' | 'servers'>,
  signal: AbortSignal,
): Promise<StackMeasure> {
  const [health, text, memoryBytes] = await Promise.all([
    checkServers(servers, signal),
    // Servers of one process share what they measure.
    servers[0] === undefined ? undefined : fetchMetrics(servers[0], signal).catch(() => undefined),
    residentBytesOf(pid),
  ]);
  signal.throwIfAborted();
  const samples = parseMetrics(text ?? '');
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
    counts: text === undefined ? undefined : counts,
    memoryBytes,
  };
}
