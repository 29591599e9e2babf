/**
 * What the engines of a process count, as metrics; read when somebody asks for them.
 */
import { Counter, type Registry } from 'prom-client';
import type { AppendCounts, Backplane } from '../backplane/backplane.ts';

const help = {
  requests: 'Appends to the backplane as the engine got them: requests to a broker, commits.',
  batches: 'Parts of these, each of one partition.',
  records: 'Records in these.',
  bytes: 'Bytes of the records.',
} as const satisfies Record<keyof AppendCounts, string>;

export function measureAppends(registry: Registry, backplane: Pick<Backplane, 'appended'>): void {
  for (const name of ['requests', 'batches', 'records', 'bytes'] as const) {
    new Counter({
      name: `cecochat_backplane_append_${name}_total`,
      help: help[name],
      registers: [registry],
      collect() {
        this.reset();
        this.inc(backplane.appended()[name]);
      },
    });
  }
}
