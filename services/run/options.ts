/**
 * What a stack or a server is started with.
 */
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import type { SeedUser } from '../profile/main.ts';
import type { EngineGate } from '../runtime/engines.ts';
import type { LogLevel } from '../runtime/pino-log.ts';
import type { RunningServer } from '../runtime/server.ts';
import type { SettingsSource } from '../runtime/settings.ts';

/** The listening sockets of a stack. */
export type StackSocket =
  | 'profile.http'
  | 'connect.http'
  | 'configurator.http'
  | 'history.http'
  | 'history.grpc'
  | 'materialize.http'
  | `messaging.${string}.http`
  | `messaging.${string}.grpc`;

export interface StackOptions {
  /** Of the embedded engines. */
  readonly dataFolder: string;
  /** Where the settings of the engines come from, the strongest first; without any, the embedded ones. */
  readonly engines?: readonly SettingsSource[];
  /** For external engines that are only being started. */
  readonly gate?: EngineGate | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** A port that is missing, or 0, is any free one. */
  readonly ports?: Readonly<Partial<Record<StackSocket, number>>>;
  readonly adminToken: string;
  /** Added unless their names are there. */
  readonly users?: readonly SeedUser[];
  /** Of a new data folder; default 360. */
  readonly partitionCount?: number;
  /** Ids of the messaging servers; default s1 and s2. */
  readonly messagingServerIds?: readonly string[];
  readonly logLevel: LogLevel;
  /** Gets the log, whole lines; default: stdout. */
  readonly writeLog?: (text: string) => void;
  /** How long a stop waits for open calls. Default 5 s. */
  readonly drainMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Gives the start up between two of its steps. */
  readonly signal?: AbortSignal;
}

export interface RunningStack extends AsyncDisposable {
  readonly servers: readonly RunningServer[];
  /** What keeps the stack from being ready, by server; empty when it is ready. */
  notReady(): readonly string[];
  /** Resolves when every server is ready. Error: the signal's reason, or timed.out with what is missing. */
  ready(signal: AbortSignal): Promise<void>;
}

export interface OneOptions extends Pick<StackOptions, 'logLevel' | 'writeLog' | 'clock' | 'random'> {
  /** Where the server's settings come from, the strongest first. */
  readonly settings: readonly SettingsSource[];
  /** The same for its engines. */
  readonly engines: readonly SettingsSource[];
  /** For external engines that are only being started. */
  readonly gate?: EngineGate | undefined;
  /** What profile and configurator make when it is missing. */
  readonly seed?: Seed | undefined;
  /** Ends the waiting for engines that do not answer. */
  readonly signal: AbortSignal;
}

export interface Seed {
  /** Added unless their names are there. */
  readonly users: readonly SeedUser[];
  /** They share the partitions of a new configuration. */
  readonly messagingServerIds: readonly string[];
}
