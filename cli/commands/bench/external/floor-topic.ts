/**
 * A topic for the floor: as many partitions and replicas and the same settings as the stack's own, removed
 * in the end with the consumer groups that read it.
 */
import kafkajs, { type Admin } from 'kafkajs';
import { CecochatError } from '../../../../services/core/errors.ts';
import { messageFrom } from '../../../../services/core/thrown.ts';
import { systemClock } from '../../../../services/core/time/clock.ts';
import { createKafka, type KafkaAccess } from './kafka-client.ts';

export interface FloorTopic extends AsyncDisposable {
  readonly topic: string;
  readonly group: string;
  readonly partitionCount: number;
}

/** Of Kafka's ConfigSource: set on the topic itself. */
const setOnTopic = 1;
// https://kafka.apache.org/protocol#protocol_error_codes
const nonEmptyGroup = 68;
const groupNotFound = 69;
const groupRetryMs = 1_000;
/** For longer than the session of a member. */
const groupAttempts = 15;

/** `name`: of the topic, new. Error: engine.unavailable. */
export async function createFloorTopic(access: KafkaAccess, name: string): Promise<FloorTopic> {
  const admin = createKafka(access).admin();
  try {
    await admin.connect();
    const partitionCount = await createLike(admin, access.topic, name);
    const group = `${name}.floor`;
    return {
      topic: name,
      group,
      partitionCount,
      async [Symbol.asyncDispose]() {
        await removeTopics(admin, { topics: [name], groups: [group] });
        await admin.disconnect();
      },
    };
  } catch (cause) {
    await admin.disconnect().catch(() => undefined);
    throw unavailable(`topic ${name} cannot be made like ${access.topic}`, cause);
  }
}

/** What a stack of the benchmark's own leaves in Kafka. Error: engine.unavailable. */
export async function removeStackTopic(access: KafkaAccess): Promise<void> {
  const { topic } = access;
  const admin = createKafka(access).admin();
  try {
    await admin.connect();
    await removeTopics(admin, {
      topics: [topic, `${topic}.protections`, `${topic}-dead-letters`],
      groups: [`${topic}.materialize`],
    });
  } catch (cause) {
    throw unavailable(`topic ${topic} cannot be removed`, cause);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function createLike(admin: Admin, like: string, topic: string): Promise<number> {
  const metadata = await admin.fetchTopicMetadata({ topics: [like] });
  const partitions = metadata.topics[0]?.partitions ?? [];
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: like }],
  });
  const configEntries = (described.resources[0]?.configEntries ?? [])
    .filter(({ configSource }) => Number(configSource) === setOnTopic)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
  const replicationFactor = Math.min(...partitions.map(({ replicas }) => replicas.length));
  const numPartitions = partitions.length;
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions, replicationFactor, configEntries }],
  });
  return numPartitions;
}

/** Those that were never made, and groups that nobody joined, are fine. */
async function removeTopics(
  admin: Admin,
  { topics, groups }: { topics: readonly string[]; groups: readonly string[] },
): Promise<void> {
  const known = await admin.listTopics();
  const there = topics.filter((topic) => known.includes(topic));
  if (there.length > 0) await admin.deleteTopics({ topics: there });
  const { groups: all } = await admin.listGroups();
  const joined = groups.filter((group) => all.some(({ groupId }) => groupId === group));
  for (let attempt = 1; joined.length > 0; attempt += 1) {
    const refused = await refusedGroups(admin, joined);
    if (refused.length === 0) return;
    // Who was killed counts as a member until his session is over.
    if (attempt >= groupAttempts || refused.some(({ code }) => code !== nonEmptyGroup)) throw groupsError(refused);
    await systemClock.sleep(groupRetryMs);
  }
}

interface RefusedGroup {
  readonly group: string;
  readonly code: number;
}

/** One that is gone already is fine. */
async function refusedGroups(admin: Admin, groups: readonly string[]): Promise<readonly RefusedGroup[]> {
  try {
    await admin.deleteGroups([...groups]);
    return [];
  } catch (error) {
    if (!(error instanceof kafkajs.KafkaJSDeleteGroupsError)) throw error;
    const refused = error.groups.map(({ groupId: group, errorCode: code = -1 }) => ({ group, code }));
    return refused.filter(({ code }) => code !== groupNotFound);
  }
}

function groupsError(refused: readonly RefusedGroup[]): Error {
  const each = refused.map(({ group, code }) => `group ${group}: Kafka's error code ${code}`);
  return new Error(each.join(', '));
}

function unavailable(what: string, cause: unknown): CecochatError {
  const reason = messageFrom(cause);
  return new CecochatError('engine.unavailable', `${what}: ${reason}`, {
    cause,
    hint: 'look whether the brokers run, and whether this user may create and delete topics and groups',
  });
}
