/**
 * A plain kafkajs client, with the driver's own defaults: what the benchmark compares with.
 */
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import type { ExternalEngineOptions } from '../../../stack/servers/external-engines.ts';

/** How to reach and log in to Kafka, and the topic that the stack uses. It goes from process to process as JSON. */
export type KafkaAccess = ExternalEngineOptions['kafka'];

export function createKafka(access: KafkaAccess): Kafka {
  const config: KafkaConfig = {
    clientId: 'cecochat-bench',
    brokers: [...access.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  };
  if (access.tls !== undefined) config.ssl = access.tls;
  if (access.sasl !== undefined) {
    const { mechanism, username, password } = access.sasl;
    if (mechanism === 'PLAIN') config.sasl = { mechanism: 'plain', username, password };
    else if (mechanism === 'SCRAM-SHA-256') config.sasl = { mechanism: 'scram-sha-256', username, password };
    else config.sasl = { mechanism: 'scram-sha-512', username, password };
  }
  return new kafkajs.Kafka(config);
}
