/**
 * How `up` brings up the engines of a stack before its servers.
 */
import type { StackEngines } from './stack-files.ts';

export interface Provision {
  /** Resolves, when all engines are healthy, to what takes away what it made. When it rejects, that is done already. */
  run(request: ProvisionRun): Promise<() => Promise<void>>;
}

export interface ProvisionRun {
  readonly signal: AbortSignal;
  /** Once it is known where the engines will be, before anything is changed. */
  readonly onPlanned: (planned: ProvisionPlan) => Promise<void>;
  /** An engine is healthy. */
  readonly onUp: (engine: string) => void;
}

export interface ProvisionPlan {
  readonly engines: StackEngines;
  /** Whether an engine of the servers is to be made, started or made anew. */
  readonly isChange: boolean;
}
