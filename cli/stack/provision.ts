/**
 * How `up` brings up the engines of a stack before its servers.
 */
import type { Ports } from './ports.ts';
import type { StackEngines } from './stack-files.ts';

export interface Provision {
  /** Resolves, when all engines are healthy, to what takes away what it made. When it rejects, that is done already. */
  run(request: ProvisionRun): Promise<() => Promise<void>>;
}

/** Servers that are containers beside their engines. */
export interface ContainerServers {
  readonly messagingServerIds: readonly string[];
  readonly adminToken: string;
  /** Where they are reached; `held`: ports that those of them have that run. */
  readonly choosePorts: (held: ReadonlySet<number>) => Promise<Ports>;
}

export interface ProvisionRun {
  readonly servers?: ContainerServers | undefined;
  readonly signal: AbortSignal;
  /** Once it is known where the engines will be, before anything is changed. */
  readonly onPlanned: (planned: ProvisionPlan) => Promise<void>;
  /** The container of an engine runs. */
  readonly onStarted?: (engine: string) => void;
  /** An engine is healthy. */
  readonly onUp: (engine: string) => void;
}

export interface ProvisionPlan {
  readonly engines: StackEngines;
  /** Whether an engine of the servers is to be made, started or made anew. */
  readonly isChange: boolean;
  /** Whether one is to be made, or made anew: what the servers have on it may be gone. */
  readonly isMade: boolean;
  /** Whether that is so for a server that is a container. */
  readonly isServerChange: boolean;
}
