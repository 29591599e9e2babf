/**
 * The same question to all processes of the benchmark, each with its share.
 */
import type { Answer, Order } from './orders.ts';
import type { BenchWorker } from './worker-process.ts';

/** Deals out as evenly as possible, in order. */
export function shares<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, index) =>
    items.slice(Math.floor((items.length * index) / count), Math.floor((items.length * (index + 1)) / count)),
  );
}

export function askAll<K extends Answer['kind']>(
  workers: readonly BenchWorker[],
  order: (index: number) => Order,
  kind: K,
): Promise<Extract<Answer, { kind: K }>[]> {
  return Promise.all(workers.map((worker, index) => worker.ask(order(index), kind)));
}
