/**
 * What `up` tells while it provisions: one report for each change of a part.
 */
export interface ProvisionReport {
  /** kafka, cassandra, redis ...; "stack" for what concerns all of it. */
  readonly part: string;
  readonly step: 'pull' | 'create' | 'start' | 'wait' | 'healthy' | 'prepare' | 'ready' | 'keep' | 'undo';
  /** Milliseconds since provisioning began. */
  readonly atMs: number;
  readonly detail: string;
}

export type Report = (report: Omit<ProvisionReport, 'atMs'>) => void;
