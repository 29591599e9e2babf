/**
 * From the settings of the engines to what opens them. What only together makes sense is checked here, all
 * faults at once. Error: settings.invalid.
 */
import { readFileSync } from 'node:fs';
import { messageFrom } from '../core/thrown.ts';
import type { EngineName } from './server.ts';
import type { EngineSettings } from './stack-settings.ts';
import { invalidSettings, variableOf } from './settings.ts';

export interface EmbeddedEngineOptions {
  readonly backend: 'embedded';
  readonly dataFolder: string;
  /** Fixed when the data folder is made. */
  readonly partitionCount: number;
  /** Records of the backplane older than this may go; undefined keeps them. */
  readonly retentionMs?: number | undefined;
  /** Per partition of the backplane; undefined keeps all. */
  readonly retentionBytes?: number | undefined;
  /** Of a message or receipt in history; undefined leaves it to the engine. */
  readonly historyRowBytes?: number | undefined;
}

export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface ExternalEngineOptions {
  readonly backend: 'external';
  readonly partitionCount: number;
  readonly retentionMs?: number | undefined;
  readonly historyRowBytes?: number | undefined;
  readonly kafka: {
    readonly brokers: readonly string[];
    readonly topic: string;
    readonly replicationFactor: number;
    readonly minInsyncReplicas: number;
    readonly tls: TlsTexts | undefined;
    readonly sasl:
      | {
          readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
          readonly username: string;
          readonly password: string;
        }
      | undefined;
  };
  readonly cassandra: {
    readonly contactPoints: readonly string[];
    readonly localDataCenter: string;
    readonly keyspace: string;
    readonly replication:
      | { readonly strategy: 'SimpleStrategy'; readonly replicas: number }
      | { readonly strategy: 'NetworkTopologyStrategy'; readonly replicas: Readonly<Record<string, number>> };
    readonly username: string | undefined;
    readonly password: string | undefined;
    readonly tls: TlsTexts | undefined;
  };
  readonly redisUrl: string;
  readonly redisTls: TlsTexts | undefined;
}

export type EngineOptions = EmbeddedEngineOptions | ExternalEngineOptions;

/** `needs`: what is opened; settings of other engines may be left out. */
export function engineOptionsOf(settings: EngineSettings, needs: readonly EngineName[]): EngineOptions {
  const { partitionCount, historyRowBytes } = settings;
  const retentionMs = settings.retentionMs || undefined;
  const retentionBytes = settings.retentionBytes || undefined;
  const faults: Record<string, string> = {};
  const need = (name: 'dataFolder' | 'kafka' | 'cassandra' | 'redis'): void => {
    if (settings[name] === '')
      faults[name] = `is required with backend ${settings.backend}: give ${name} or ${variableOf('engines', name)}`;
  };
  if (settings.backend === 'embedded') {
    need('dataFolder');
    refuse(faults);
    const { dataFolder } = settings;
    return { backend: 'embedded', dataFolder, partitionCount, retentionMs, retentionBytes, historyRowBytes };
  }
  if (needs.includes('backplane')) need('kafka');
  if (needs.includes('historyDb') || needs.includes('userDb')) need('cassandra');
  if (needs.includes('configDb')) need('redis');
  const read = (name: keyof EngineSettings & `${string}File`): string | undefined => {
    if (settings[name] === '') return undefined;
    try {
      return readFileSync(settings[name], 'utf8');
    } catch (error) {
      faults[name] = `cannot be read: ${messageFrom(error)}`;
      return undefined;
    }
  };
  if (retentionBytes !== undefined && needs.includes('backplane')) {
    const change = `kafka-configs.sh --bootstrap-server ${list(settings.kafka)[0]} --alter --entity-type topics --entity-name ${settings.kafkaTopic} --add-config retention.bytes=${retentionBytes}`;
    faults['retentionBytes'] =
      `is for the embedded backplane. Kafka cuts its partitions by size itself, also what history does not have yet, when the topic says so: ${change}. Set it to 0, and retentionMs to bound the log by age`;
  }
  if (settings.kafkaMinInsync > settings.kafkaReplication)
    faults['kafkaMinInsync'] = `is more than the ${settings.kafkaReplication} replicas of kafkaReplication`;
  if (settings.kafkaSasl !== 'none' && (settings.kafkaUser === '' || settings.kafkaPassword === ''))
    faults['kafkaSasl'] = `${settings.kafkaSasl} needs kafkaUser and kafkaPassword`;
  if ((settings.cassandraUser === '') !== (settings.cassandraPassword === ''))
    faults['cassandraUser'] = 'and cassandraPassword are given together or not at all';
  const replication = parseReplication(settings.cassandraReplication);
  if (replication === undefined)
    faults['cassandraReplication'] = `${JSON.stringify(settings.cassandraReplication)} is neither 3 nor dc1:3,dc2:3`;
  const kafkaTls = tlsOf(settings.kafkaTls, [read('kafkaCaFile'), read('kafkaCertFile'), read('kafkaKeyFile')]);
  const cassandraTls = tlsOf(settings.cassandraTls, [
    read('cassandraCaFile'),
    read('cassandraCertFile'),
    read('cassandraKeyFile'),
  ]);
  const redisTls = tlsOf(true, [read('redisCaFile'), read('redisCertFile'), read('redisKeyFile')]);
  refuse(faults);
  return {
    backend: 'external',
    partitionCount,
    retentionMs,
    historyRowBytes,
    kafka: {
      brokers: list(settings.kafka),
      topic: settings.kafkaTopic,
      replicationFactor: settings.kafkaReplication,
      minInsyncReplicas: settings.kafkaMinInsync,
      tls: kafkaTls,
      sasl:
        settings.kafkaSasl === 'none'
          ? undefined
          : { mechanism: settings.kafkaSasl, username: settings.kafkaUser, password: settings.kafkaPassword },
    },
    cassandra: {
      contactPoints: list(settings.cassandra),
      localDataCenter: settings.cassandraDataCenter,
      keyspace: settings.cassandraKeyspace,
      replication: replication ?? { strategy: 'SimpleStrategy', replicas: 1 },
      username: settings.cassandraUser || undefined,
      password: settings.cassandraPassword || undefined,
      tls: cassandraTls,
    },
    redisUrl: settings.redis,
    redisTls,
  };
}

function list(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

function tlsOf(isOn: boolean, [ca, cert, key]: readonly (string | undefined)[]): TlsTexts | undefined {
  if (!isOn) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function parseReplication(text: string): ExternalEngineOptions['cassandra']['replication'] | undefined {
  if (/^[1-9][0-9]?$/.test(text)) return { strategy: 'SimpleStrategy', replicas: Number(text) };
  const replicas: Record<string, number> = {};
  for (const part of list(text)) {
    const found = /^([A-Za-z0-9_.-]+):([1-9][0-9]?)$/.exec(part);
    if (found?.[1] === undefined) return undefined;
    replicas[found[1]] = Number(found[2]);
  }
  return { strategy: 'NetworkTopologyStrategy', replicas };
}

function refuse(faults: Readonly<Record<string, string>>): void {
  if (Object.keys(faults).length > 0) throw invalidSettings('engines', faults);
}
