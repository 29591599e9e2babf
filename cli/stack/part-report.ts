/**
 * What `up` tells while it works: one report for each change of a part, which is an engine's container, something that
 * is seeded (topic, schema, configuration, users), or the servers.
 */
export interface PartReport {
  /** kafka, cassandra, redis, topic, schema, configuration, users, servers ...; "stack" for what concerns all of it. */
  readonly part: string;
  readonly step: PartStep;
  /** Milliseconds since `up` began. */
  readonly atMs: number;
  readonly detail: string;
  /** While an image is fetched, as far as its layers are known. */
  readonly pull?: PullProgress;
}

/**
 * wait: its turn has not come; keep: it is as it should be; health: it runs and is not known to be well; healthy: a
 * container is ready; ready: anything else is.
 */
export type PartStep = 'wait' | 'keep' | 'pull' | 'create' | 'start' | 'health' | 'healthy' | 'seed' | 'ready' | 'undo';

export interface PullProgress {
  readonly doneBytes: number;
  /** Of the layers that began. */
  readonly totalBytes: number;
  /** Of all layers, 0 to 100; never falls. */
  readonly percent: number;
  /** 0 to 100, once all layers are there. */
  readonly unpackedPercent?: number;
}

export type Report = (report: Omit<PartReport, 'atMs'>) => void;

/** Nothing is left to do for such a part. */
export function isDone(step: PartStep | 'failed'): boolean {
  return step === 'keep' || step === 'healthy' || step === 'ready';
}
