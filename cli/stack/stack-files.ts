/**
 * What is written down about a stack: stack.json (how to reach it) and secrets.json (mode 0600). The folder
 * is <CECOCHAT_HOME or XDG state>/cecochat/<stack>, mode 0700.
 */
export interface StackServer {
  /** profile, connect, messaging, materialize, history or configurator. */
  readonly name: string;
  readonly serverId: string;
  /** "http://127.0.0.1:7100" */
  readonly httpAddress: string;
  /** "127.0.0.1:7110"; null for servers without gRPC. */
  readonly grpcAddress: string | null;
}

/** The process of one server, where each has its own. */
export interface ServerProcess {
  readonly serverId: string;
  /** null while it does not run. */
  readonly pid: number | null;
  /** As in StackState. */
  readonly processStart: string;
  readonly state: 'starting' | 'running' | 'waiting' | 'stopping';
  /** Since the stack was started. */
  readonly restarts: number;
  /** How it ended last: "was ended by SIGKILL"; null when it never did. */
  readonly lastEnd: string | null;
  /** Wall clock, where it waits to be started again. */
  readonly nextStartAtMs: number | null;
}

/** Of the servers of a stack on Docker. */
export type ServerHosting = 'processes' | 'containers';

export type Backends = 'embedded' | 'docker' | 'external';

export interface StackState {
  readonly formatVersion: 1;
  readonly name: string;
  /** Version of cecochat that started it. */
  readonly version: string;
  readonly backends: Backends;
  /** Where the servers run; left out: in processes of this machine. */
  readonly hosting?: 'containers';
  readonly status: 'starting' | 'running' | 'stopped';
  /** The stack's process; where the servers are containers, that of the `up` which started them. */
  readonly pid: number;
  /** Tells a process from a later one with the same pid: its start time as the system counts it. */
  readonly processStart: string;
  readonly startedAtMs: number;
  /** Milliseconds from `up` to all ready. */
  readonly readyAfterMs: number | null;
  readonly servers: readonly StackServer[];
  /** Empty where all servers run in the process `pid`, which else restarts them. */
  readonly processes: readonly ServerProcess[];
  readonly profileUrl: string;
  readonly connectUrl: string;
  readonly configuratorUrl: string;
}

export interface StackUser {
  readonly name: string;
  /** Decimal int64. */
  readonly userId: string;
  readonly password: string;
}

export interface StackSecrets {
  readonly formatVersion: 1;
  readonly adminToken: string;
  readonly users: readonly StackUser[];
}

/** The engines that a stack was started with, by setting name; without the file, the embedded ones. */
export interface StackEngines {
  readonly formatVersion: 1;
  readonly settings: Readonly<Record<string, string>>;
  /** When they are containers that `up` made. */
  readonly docker?: StackDocker;
}

export interface StackDocker {
  /** Address of the Docker engine: unix:///var/run/docker.sock */
  readonly engine: string;
  /** Published ports by variable of the compose file: CECOCHAT_KAFKA_PORT → 9092 */
  readonly ports: Readonly<Record<string, number>>;
  /** Where the servers are containers too. */
  readonly servers?: 'containers';
}

/** How many servers a stack is to have; without the file, as many as usual. */
export interface StackSize {
  readonly formatVersion: 1;
  /** s1, s2, ... up to this number. */
  readonly messaging: number;
  /** Whether the partitions were spread over that many: a change that was cut short is finished by the next one. */
  readonly isSpread: boolean;
}

/** The ports that a stack had last, so that its addresses stay the same. */
export interface StackPorts {
  readonly formatVersion: 1;
  /** "profile.http" → 7100 */
  readonly ports: Readonly<Record<string, number>>;
}
