/**
 * The settings of the engines that a server or a stack opens.
 */
import { booleanSetting, choiceSetting, integerSetting, optionalSecretSetting, textSetting } from './setting-types.ts';
import { declareSettings, type ValuesOf } from './settings.ts';

const dayMs = 86_400_000;
const optional = (doc: string) => textSetting({ default: '', doc });
const password = (doc: string) => optionalSecretSetting({ doc });

export const engineSettings = declareSettings('engines', {
  backend: choiceSetting({
    choices: ['embedded', 'external'],
    default: 'embedded',
    doc: 'Which engines to use: those in the process, or Kafka, Cassandra and Redis.',
  }),
  dataFolder: optional('Folder of the embedded engines, which need it. One process at a time.'),
  partitionCount: integerSetting({
    default: 360,
    min: 2,
    max: 10_000,
    doc: 'Partitions of the backplane. Fixed when the data folder or the topic is made.',
  }),
  retentionMs: integerSetting({
    default: 0,
    min: 0,
    max: 3_650 * dayMs,
    unit: 'ms',
    doc: 'Records of the backplane that are older may be removed, once history has them; 0 keeps all.',
  }),
  retentionBytes: integerSetting({
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    doc: 'The same by size, for each partition; 0 keeps all. Embedded only: with Kafka it is refused, there the topic’s `retention.bytes` bounds the size.',
  }),
  historyRowBytes: integerSetting({
    default: 8_388_608,
    min: 1,
    max: 8_388_608,
    unit: 'bytes',
    doc: 'Largest message or receipt that history takes; a larger one becomes a dead letter.',
  }),
  kafka: optional('Some brokers, host:port separated by commas. External engines need it.'),
  kafkaTopic: textSetting({ default: 'cecochat-messages', doc: 'The topic, made when it is missing.' }),
  kafkaReplication: integerSetting({
    default: 1,
    min: 1,
    max: 15,
    doc: 'Replicas of a topic that is made: 3 in production.',
  }),
  kafkaMinInsync: integerSetting({
    default: 1,
    min: 1,
    max: 15,
    doc: 'min.insync.replicas of a topic that is made: 2 of 3 in production.',
  }),
  kafkaTls: booleanSetting({ default: false, doc: 'Whether to speak TLS with Kafka.' }),
  kafkaCaFile: optional('PEM file of the authorities to trust; the system’s when left out.'),
  kafkaCertFile: optional('PEM file of the client’s certificate.'),
  kafkaKeyFile: optional('PEM file of its key.'),
  kafkaSasl: choiceSetting({
    choices: ['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    default: 'none',
    doc: 'How to log in to Kafka.',
  }),
  kafkaUser: optional('The user for it.'),
  kafkaPassword: password('Its password.'),
  cassandra: optional('Some nodes, host:port separated by commas. External engines need it.'),
  cassandraDataCenter: textSetting({ default: 'datacenter1', doc: 'The local data centre.' }),
  cassandraKeyspace: textSetting({ default: 'cecochat', doc: 'The keyspace, made when it is missing.' }),
  cassandraReplication: textSetting({
    default: '1',
    doc: 'Of a keyspace that is made: a number (one data centre), or dc1:3,dc2:3 in production.',
  }),
  cassandraUser: optional('The user.'),
  cassandraPassword: password('Its password.'),
  cassandraTls: booleanSetting({ default: false, doc: 'Whether to speak TLS with Cassandra.' }),
  cassandraCaFile: optional('PEM file of the authorities to trust; the system’s when left out.'),
  cassandraCertFile: optional('PEM file of the client’s certificate.'),
  cassandraKeyFile: optional('PEM file of its key.'),
  redis: password(
    'redis://[user:password@]host:port, rediss://, redis+sentinel:// or redis+cluster://. External engines need it.',
  ),
  redisCaFile: optional('For rediss://: PEM file of the authorities to trust; the system’s when left out.'),
  redisCertFile: optional('PEM file of the client’s certificate.'),
  redisKeyFile: optional('PEM file of its key.'),
});

export type EngineSettings = ValuesOf<(typeof engineSettings)['settings']>;
