/**
 * How to reach Cassandra, and how its keyspace is replicated. What is wrong is told with all faults at once.
 */
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';

/** SimpleStrategy: one data centre, for a machine or a test. NetworkTopologyStrategy: replicas by data centre. */
export type Replication =
  | { readonly strategy: 'SimpleStrategy'; readonly replicas: number }
  | { readonly strategy: 'NetworkTopologyStrategy'; readonly replicas: Readonly<Record<string, number>> };

/** PEM texts. Without `ca` the system's authorities are trusted. */
export interface CassandraTls {
  readonly ca?: string;
  /** Of the client, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface CassandraLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface CassandraOptions {
  /** "127.0.0.1:9042"; without a port 9042. All have the same port. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  /** Made when it is missing; one that exists keeps its replication. */
  readonly keyspace: string;
  readonly replication: Replication;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: CassandraTls | undefined;
  /** Accept that one replica with commit log `periodic` loses acknowledged writes of up to 10 s at kill -9. Default false. */
  readonly allowPeriodicCommitLog?: boolean;
  /** How long one statement is tried before engine.unavailable. Default 8 s. */
  readonly giveUpMs?: number;
  /** How long one try waits for an answer. Default 3 s. */
  readonly answerMs?: number;
  readonly clock: Clock;
  readonly log: CassandraLog;
}

const defaultPort = 9042;

/** Error: settings.invalid. Names go into CQL as they are, so they are checked here. */
export function checkCassandraOptions(options: CassandraOptions): void {
  const faults: string[] = [];
  const { contactPoints, keyspace, localDataCenter, replication, username, password } = options;
  if (contactPoints.length === 0) faults.push('contactPoints is empty');
  for (const point of contactPoints) {
    if (!/^\S+$/.test(point)) faults.push(`contact point ${JSON.stringify(point)} is no HOST or HOST:PORT`);
  }
  const ports = new Set(contactPoints.map(portOf));
  if (ports.size > 1) {
    const found = [...ports].join(', ');
    faults.push(
      `the contact points have different ports (${found}), but the nodes of a cluster have the same one: each is known by its address alone`,
    );
  }
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(keyspace)) {
    faults.push(`keyspace ${JSON.stringify(keyspace)} is not 1 to 48 lower-case letters, digits or _, a letter first`);
  }
  if (localDataCenter === '') faults.push('localDataCenter is empty');
  const factors =
    replication.strategy === 'SimpleStrategy'
      ? [['SimpleStrategy', replication.replicas] as const]
      : Object.entries(replication.replicas);
  if (factors.length === 0) faults.push('replication names no data centre');
  for (const [where, count] of factors) {
    if (!/^[A-Za-z0-9_.-]+$/.test(where)) faults.push(`data centre ${JSON.stringify(where)} cannot be used`);
    if (!Number.isInteger(count) || count < 1 || count > 15) {
      faults.push(`${where} has ${count} replicas; 1 to 15 are possible`);
    }
  }
  if (replication.strategy === 'NetworkTopologyStrategy' && replication.replicas[localDataCenter] === undefined) {
    faults.push(`replication names no replicas in the local data centre ${JSON.stringify(localDataCenter)}`);
  }
  if ((username === undefined) !== (password === undefined)) {
    faults.push('username and password are given together or not at all');
  }
  if (faults.length > 0) {
    throw new CecochatError('settings.invalid', `the settings of Cassandra cannot be used: ${faults.join('; ')}`);
  }
}

/** The one that all nodes listen on for clients. */
export function nativePort(contactPoints: readonly string[]): number {
  return portOf(contactPoints[0] ?? '');
}

/** "host", "host:9042", "[::1]:9042"; a bare IPv6 address has no port. */
function portOf(contactPoint: string): number {
  const port = /^(?:\[[^\]]*\]|[^:]*):([0-9]{1,5})$/.exec(contactPoint)?.[1];
  return port === undefined ? defaultPort : Number(port);
}

/** As CREATE KEYSPACE takes it. */
export function replicationMap(replication: Replication): Readonly<Record<string, string>> {
  if (replication.strategy === 'SimpleStrategy') {
    return { class: 'SimpleStrategy', replication_factor: String(replication.replicas) };
  }
  const byDataCenter = Object.entries(replication.replicas).map(([where, count]) => [where, String(count)] as const);
  return { class: 'NetworkTopologyStrategy', ...Object.fromEntries(byDataCenter) };
}
