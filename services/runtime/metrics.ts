/**
 * The metrics of a process. Servers of one process share its registry, and tell themselves apart by the
 * label `server`; so a metric that is there already is used again.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export type { Counter, Gauge, Histogram, Registry } from 'prom-client';

interface MetricOptions<L extends string> {
  /** "cecochat_..." */
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
}

/** With the process's own figures: CPU, memory, event loop. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'cecochat_' });
  return registry;
}

export function counter<L extends string>(registry: Registry, options: MetricOptions<L>): Counter<L> {
  const known = registry.getSingleMetric(options.name);
  return known instanceof Counter ? known : new Counter({ ...options, registers: [registry] });
}

export function gauge<L extends string>(registry: Registry, options: MetricOptions<L>): Gauge<L> {
  const known = registry.getSingleMetric(options.name);
  return known instanceof Gauge ? known : new Gauge({ ...options, registers: [registry] });
}

export function histogram<L extends string>(
  registry: Registry,
  options: MetricOptions<L> & { buckets?: number[] },
): Histogram<L> {
  const known = registry.getSingleMetric(options.name);
  return known instanceof Histogram ? known : new Histogram({ ...options, registers: [registry] });
}
