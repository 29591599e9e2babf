/**
 * Kafka backplanes for tests: topics of a random name, removed in the end.
 */
import { systemRandom } from '../../core/random.ts';
import { systemClock, type Clock } from '../../core/time/clock.ts';
import { requireEngine } from '../../engines.fixture.ts';
import type { BackplaneFixture } from '../backplane.contract.ts';
import { createCluster } from './cluster.ts';
import { openKafkaBackplane, type KafkaBackplane } from './kafka-backplane.ts';
import type { KafkaBackplaneOptions } from './kafka-options.ts';
import { deadLettersTopic, protectionsTopic } from './topic.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface KafkaFixture extends BackplaneFixture {
  readonly backplane: KafkaBackplane;
  readonly options: KafkaBackplaneOptions;
  readonly warnings: readonly string[];
  reopen(): Promise<KafkaBackplane>;
}

export function oneBroker(): string[] {
  return requireEngine('CECOCHAT_TEST_KAFKA').split(',');
}

export function randomTopic(): string {
  return `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`;
}

export async function openKafkaFixture(given: Partial<KafkaBackplaneOptions> = {}): Promise<KafkaFixture> {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const warnings: string[] = [];
  const options: KafkaBackplaneOptions = {
    brokers: given.brokers ?? oneBroker(),
    clientId: 'cecochat-test',
    topic: randomTopic(),
    partitionCount: 6,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    retentionMs: dayMs,
    clock,
    warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    ...given,
  };
  const first = await openKafkaBackplane(options);
  let backplane = first;
  return {
    backplane: first,
    options,
    warnings,
    async reopen() {
      await backplane[Symbol.asyncDispose]();
      backplane = await openKafkaBackplane(options);
      return backplane;
    },
    async expire() {
      aheadMs += 2 * dayMs;
      await backplane.retain();
    },
    async [Symbol.asyncDispose]() {
      await backplane[Symbol.asyncDispose]();
      await removeTopic(options);
    },
  };
}

export async function removeTopic(options: KafkaBackplaneOptions): Promise<void> {
  const topics = [options.topic, protectionsTopic(options.topic), deadLettersTopic(options.topic)];
  await using cluster = createCluster(options, topics);
  await cluster.retrying('removing the topics of a test', async () => {
    const lane = await cluster.anyLane();
    await lane.request('DeleteTopics', { topics, timeout: 3000 });
  });
}
