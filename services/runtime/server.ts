/**
 * What every server gets and gives, alone or together with the others in one process.
 */
import type { Backplane } from '../backplane/backplane.ts';
import type { ConfigDb } from '../config-db/config-db.ts';
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import type { HistoryDb } from '../history-db/history-db.ts';
import type { UserDb } from '../user-db/user-db.ts';
import type { Log } from './log.ts';
import type { Registry } from './metrics.ts';

export const serverNames = ['profile', 'connect', 'messaging', 'materialize', 'history', 'configurator'] as const;
export type ServerName = (typeof serverNames)[number];

export interface Engines extends AsyncDisposable {
  readonly backplane: Backplane;
  readonly historyDb: HistoryDb;
  readonly configDb: ConfigDb;
  readonly userDb: UserDb;
  /** Of the backplane, also where it is not opened. */
  readonly partitionCount: number;
}

export const allEngines = ['backplane', 'historyDb', 'configDb', 'userDb'] as const;
export type EngineName = (typeof allEngines)[number];

/** Everything a server's main.ts needs, with its own settings. */
export interface ServerContext<Settings> {
  readonly settings: Settings;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of the process. */
  readonly metrics: Registry;
}

/** A started server; disposing it stops it gracefully. */
export interface RunningServer extends AsyncDisposable {
  readonly name: ServerName;
  readonly serverId: string;
  /** "http://127.0.0.1:7100": health, metrics and, where it has one, its API. */
  readonly httpAddress: string;
  /** "127.0.0.1:7110"; undefined for servers without gRPC. */
  readonly grpcAddress: string | undefined;
  /** What keeps it from being ready, in words; empty when it is ready. */
  notReady(): readonly string[];
}
