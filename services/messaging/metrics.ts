/**
 * The metrics of a messaging server: its counters, handed to the registry once a second.
 */
import type { Clock } from '../core/time/clock.ts';
import type { Counters } from './counters.ts';

/** Where numbers go; main.ts gives those of the process's registry. */
export interface MetricSinks {
  add(name: keyof Counters, count: number): void;
  set(name: 'connections' | 'ownedPartitions' | 'tailBytes', value: number): void;
}

export interface MetricsDependencies {
  readonly sinks: MetricSinks;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly present: () => { connections: number; ownedPartitions: number; tailBytes: number };
}

const everyMs = 1_000;

export function openMetrics(deps: MetricsDependencies): AsyncDisposable {
  const { sinks, counters, clock } = deps;
  const given: Counters = { ...counters };
  const hand = (): void => {
    for (const name of Object.keys(given) as (keyof Counters)[]) {
      if (counters[name] > given[name]) sinks.add(name, counters[name] - given[name]);
      given[name] = counters[name];
    }
    const present = deps.present();
    sinks.set('connections', present.connections);
    sinks.set('ownedPartitions', present.ownedPartitions);
    sinks.set('tailBytes', present.tailBytes);
  };
  const timer = clock.every(everyMs, hand);
  return {
    async [Symbol.asyncDispose]() {
      timer.cancel();
      hand();
    },
  };
}
