/**
 * What opens a Kafka backplane, and how its security settings reach the driver.
 */
import type { ConnectionOptions } from 'node:tls';
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';

export interface KafkaBackplaneOptions {
  /** host:port of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  /** Fixed when the topic is made. */
  readonly partitionCount: number;
  /** Used when the topic is made; fewer replicas on an existing topic are reported. */
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  /** Records older than this may go unless they are protected; undefined keeps them. */
  readonly retentionMs?: number | undefined;
  /** How often retention looks; one minute when not given. */
  readonly retentionEveryMs?: number | undefined;
  /** After so long without a clean answer an append is rejected; ten seconds when not given. */
  readonly appendTimeoutMs?: number | undefined;
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
  /** Where a broker is reached that says `host:port` of itself (a tunnel, a forwarded port); there when not given. */
  readonly reachAt?: ((advertised: string) => string) | undefined;
  readonly clock: Clock;
  /** Alarms and faults that the backplane mends itself. */
  readonly warn: (fields: object, message: string) => void;
}

export interface KafkaTls {
  /** PEM; the system's authorities when not given. */
  readonly ca?: string | undefined;
  /** PEM of a client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Expected name in the server's certificate; the broker's host when not given. */
  readonly serverName?: string | undefined;
}

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export interface WireSecurity {
  readonly ssl: ConnectionOptions | null;
  readonly sasl: { readonly mechanism: string; readonly username: string; readonly password: string } | null;
}

/** Error: settings.invalid when one of certificate and key is missing. */
export function wireSecurity({ tls, sasl }: Pick<KafkaBackplaneOptions, 'tls' | 'sasl'>): WireSecurity {
  if (tls !== undefined && (tls.cert === undefined) !== (tls.key === undefined)) {
    const missing = tls.cert === undefined ? 'certificate' : 'key';
    throw new CecochatError(
      'settings.invalid',
      `a client certificate for Kafka needs its key: the ${missing} is missing`,
      {
        hint: 'give both, or neither',
      },
    );
  }
  const ssl: ConnectionOptions = {};
  if (tls?.ca !== undefined) ssl.ca = tls.ca;
  if (tls?.cert !== undefined) ssl.cert = tls.cert;
  if (tls?.key !== undefined) ssl.key = tls.key;
  if (tls?.serverName !== undefined) ssl.servername = tls.serverName;
  return {
    ssl: tls === undefined ? null : ssl,
    sasl:
      sasl === undefined
        ? null
        : { mechanism: sasl.mechanism.toLowerCase(), username: sasl.username, password: sasl.password },
  };
}

/** host:port taken apart; [v6]:port as well. Error: settings.invalid. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535)
    throw new CecochatError('settings.invalid', `"${text}" is not the address of a Kafka broker`, {
      hint: 'write host:port, several separated by commas',
    });
  return { host, port };
}
