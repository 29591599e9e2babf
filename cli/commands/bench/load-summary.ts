/**
 * What several client processes measured, put together.
 */
import { createHistogram, type SavedHistogram } from './histogram.ts';
import type { LoadResult } from './orders.ts';

/** Milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadSummary {
  readonly completed: number;
  readonly perSecond: number;
  readonly delivery: Latencies;
  readonly acknowledgement: Latencies;
  readonly misplaced: number;
  readonly faults: readonly string[];
  readonly cpuMs: number;
}

export function mergeResults(results: readonly LoadResult[], durationMs: number): LoadSummary {
  const sum = (of: (result: LoadResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const completed = sum((result) => result.completed);
  return {
    completed,
    perSecond: Math.round(completed / (durationMs / 1000)),
    delivery: mergeLatencies(results.map((result) => result.delivery)),
    acknowledgement: mergeLatencies(results.map((result) => result.acknowledgement)),
    misplaced: sum((result) => result.misplaced),
    faults: results.flatMap((result) => result.faults),
    cpuMs: Math.round(sum((result) => result.cpuMs)),
  };
}

export function mergeLatencies(saved: readonly SavedHistogram[]): Latencies {
  const all = createHistogram();
  for (const one of saved) all.add(one);
  const ms = (us: number): number => Math.round(us) / 1000;
  return {
    p50: ms(all.quantile(0.5)),
    p90: ms(all.quantile(0.9)),
    p99: ms(all.quantile(0.99)),
    p999: ms(all.quantile(0.999)),
    max: ms(all.max()),
  };
}

export function latencyLine({ p50, p90, p99, p999, max }: Latencies): string {
  const show = (ms: number): string => ms.toFixed(ms < 10 ? 2 : 1);
  return `p50 ${show(p50)}  p90 ${show(p90)}  p99 ${show(p99)}  p99.9 ${show(p999)}  max ${show(max)} ms`;
}
