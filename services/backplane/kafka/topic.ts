/**
 * Makes the topics of a backplane, or verifies those that are there: two processes may do it at the same time.
 * A topic with another number of partitions is refused; settings under which Kafka could lose or remove what
 * cecochat needs are reported.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Cluster } from './cluster.ts';
import { codes, KafkaFault } from './kafka-faults.ts';
import type { KafkaBackplaneOptions } from './kafka-options.ts';

/** Of one batch: more than an owner appends at once. */
export const maxBatchBytes = 8 * 1024 * 1024;

/** Thousands of partitions take their brokers a while. */
const creationMs = 60_000;

type Layout = NonNullable<ReturnType<Cluster['layout']>>;

interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

export function protectionsTopic(topic: string): string {
  return `${topic}.protections`;
}

export function deadLettersTopic(topic: string): string {
  return `${topic}-dead-letters`;
}

type TopicOptions = Pick<
  KafkaBackplaneOptions,
  'topic' | 'partitionCount' | 'replicationFactor' | 'minInsyncReplicas' | 'warn'
>;

/** Errors: data.damaged (another partition count), config.refused (cannot be made so), engine.unavailable. */
export async function prepareTopics(cluster: Cluster, options: TopicOptions): Promise<void> {
  const common = {
    'min.insync.replicas': String(options.minInsyncReplicas),
    'unclean.leader.election.enable': 'false',
    'compression.type': 'producer',
  };
  const log: TopicPlan = {
    topic: options.topic,
    partitions: options.partitionCount,
    settings: {
      ...common,
      'cleanup.policy': 'delete',
      // Kafka's own retention knows nothing of what is protected: removing is cecochat's.
      'retention.ms': '-1',
      'retention.bytes': '-1',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': String(maxBatchBytes + 65_536),
      'segment.bytes': '268435456',
      'segment.index.bytes': '1048576',
    },
  };
  const protections: TopicPlan = {
    topic: protectionsTopic(options.topic),
    partitions: 1,
    // Small segments: only closed ones are compacted, and all of it is read at a start.
    settings: {
      ...common,
      'cleanup.policy': 'compact',
      'segment.bytes': '4194304',
      'min.cleanable.dirty.ratio': '0.1',
    },
  };
  const deadLetters: TopicPlan = {
    topic: deadLettersTopic(options.topic),
    partitions: 1,
    // Holds records of the log, so it takes as large ones.
    settings: { ...common, 'cleanup.policy': 'compact', 'max.message.bytes': log.settings['max.message.bytes'] ?? '' },
  };
  for (const plan of [log, protections, deadLetters]) await ensure(cluster, plan, options);
  await reportSettings(cluster, log, options);
}

async function ensure(cluster: Cluster, plan: TopicPlan, options: TopicOptions): Promise<void> {
  const { topic, partitions } = plan;
  await cluster.retrying(`asking for topic ${topic}`, () => cluster.refresh());
  let layout = cluster.layout(topic);
  if (layout === undefined) {
    await cluster.retrying(`creating topic ${topic}`, () => create(cluster, plan, options.replicationFactor));
    // A topic that was just made is not known to every broker at once, nor are its leaders.
    layout = await cluster.retrying(`waiting for topic ${topic}`, () => made(cluster, topic), creationMs);
  }
  if (layout.partitions !== partitions) {
    throw new CecochatError(
      'data.damaged',
      `topic ${topic} has ${layout.partitions} partitions; this server is configured for ${partitions}`,
      {
        hint: `set the partition count to ${layout.partitions}, or give a topic of another name: users would lose their feeds`,
        data: { topic, found: String(layout.partitions), wanted: String(partitions) },
      },
    );
  }
  if (layout.replicas < options.replicationFactor) {
    const fields = { topic, replicas: layout.replicas, wanted: options.replicationFactor };
    options.warn(fields, 'a topic has fewer replicas than configured: reassign its partitions');
  }
}

async function made(cluster: Cluster, topic: string): Promise<Layout> {
  await cluster.refresh();
  const layout = cluster.layout(topic);
  if (layout === undefined) throw new KafkaFault(codes.unknownTopic, `for the new topic ${topic}`);
  for (let p = 0; p < layout.partitions; p++)
    if (cluster.leader(topic, p) === undefined)
      throw new KafkaFault(codes.leaderNotAvailable, `for partition ${p} of the new topic ${topic}`);
  return layout;
}

async function create(cluster: Cluster, plan: TopicPlan, replicationFactor: number): Promise<void> {
  const { topic, partitions, settings } = plan;
  const lane = await cluster.anyLane();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const answer = await lane.request('CreateTopics', {
    topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
    timeout: 3000,
  });
  for (const { errorCode, errorMessage } of answer.topicErrors) {
    if (errorCode === codes.none || errorCode === codes.topicExists) continue;
    if (refusals.has(errorCode))
      throw new CecochatError(
        'config.refused',
        `Kafka refuses topic ${topic} with ${partitions} partitions and ${replicationFactor} replicas: ${errorMessage ?? `code ${errorCode}`}`,
        { hint: 'compare the replication factor with the number of brokers, and the rights of the user' },
      );
    throw new KafkaFault(errorCode, `for creating topic ${topic}`);
  }
}

/** Invalid topic, partitions, replication factor, configuration, policy; no rights for the topic or the cluster. */
const refusals: ReadonlySet<number> = new Set([17, 29, 31, 37, 38, 40, 44]);

async function reportSettings(cluster: Cluster, plan: TopicPlan, options: TopicOptions): Promise<void> {
  const { topic, settings } = plan;
  const found = await topicSettings(cluster, topic);
  if (found === undefined) {
    options.warn({ topic }, 'the settings of the topic cannot be read: no right to describe them');
    return;
  }
  for (const [name, wanted] of Object.entries(settings)) {
    const value = found.get(name);
    if (value === undefined || value === wanted || (name in floors && Number(value) >= Number(wanted))) continue;
    options.warn({ topic, setting: name, found: value, wanted }, 'a setting of the topic is not what cecochat needs');
  }
}

const floors: Readonly<Record<string, true>> = { 'min.insync.replicas': true, 'max.message.bytes': true };

/** Undefined when this user may not read them. */
export async function topicSettings(cluster: Cluster, topic: string): Promise<ReadonlyMap<string, string> | undefined> {
  return cluster.retrying(`reading the settings of topic ${topic}`, async () => {
    const lane = await cluster.anyLane();
    const answer = await lane.request('DescribeConfigs', { resources: [{ type: 2, name: topic }] });
    const resource = answer.resources[0];
    if (resource === undefined || resource.errorCode === 29) return undefined;
    if (resource.errorCode !== codes.none) throw new KafkaFault(resource.errorCode, `for the settings of ${topic}`);
    return new Map(resource.configEntries.map(({ configName, configValue }) => [configName, configValue ?? '']));
  });
}
