/**
 * The metrics of a process. Servers that share one process share the registry: give `server` as a label.
 */
import { Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** With the process's own figures: CPU, memory, event loop. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'cecochat_' });
  return registry;
}
