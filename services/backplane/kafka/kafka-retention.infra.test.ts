import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import { texts, values } from '../recorded-tail.contract.ts';
import { createCluster } from './cluster.ts';
import { openKafkaBackplane } from './kafka-backplane.ts';
import { oneBroker, openKafkaFixture, randomTopic } from './kafka.fixture.ts';

const roomy = { maxRecords: 1000, maxBytes: 1_000_000 };

async function makeTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const options = { brokers: oneBroker(), clientId: 'cecochat-test', clock: systemClock };
  await using cluster = createCluster(options, [topic]);
  const lane = await cluster.anyLane();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const plan = { topic, numPartitions: 6, replicationFactor: 1, configEntries };
  await lane.request('CreateTopics', { topics: [plan], timeout: 3000 });
}

test('what another process protects counts, whichever of them removes', async () => {
  await using fixture = await openKafkaFixture();
  await using other = await openKafkaBackplane(fixture.options);
  const { backplane } = fixture;
  await backplane.append(1, values('old'));
  const low = await backplane.append(1, values('low'));
  const high = await backplane.append(1, values('high'));
  await backplane.append(1, values('end'));
  await other.protect('materialize', 1, low.baseOffset);
  await backplane.protect('messaging', 1, high.baseOffset);
  await fixture.expire();
  expect(texts(await backplane.read(1, low.baseOffset, roomy))).toEqual(['low', 'high', 'end']);
  expect((await other.bounds(1)).start).toBe(low.baseOffset);
  await other.protect('materialize', 1, high.baseOffset);
  await other.retain();
  await fixture.expire();
  expect((await backplane.bounds(1)).start).toBe(high.baseOffset);
});

test('nothing is removed from partitions that nobody here protects, nor what is young, nor the last record', async () => {
  await using fixture = await openKafkaFixture();
  const { backplane } = fixture;
  for (const partition of [1, 2, 3]) await backplane.append(partition, values('a', 'b'));
  await backplane.protect('holder', 1, 100);
  await fixture.expire();
  expect(await backplane.bounds(1)).toEqual({ start: 1, end: 2 });
  expect(await backplane.bounds(2)).toEqual({ start: 0, end: 2 });
  await using young = await openKafkaBackplane({ ...fixture.options, clock: systemClock });
  await young.protect('holder', 3, 2);
  await young.retain();
  expect(await young.bounds(3)).toEqual({ start: 0, end: 2 });
});

test('a retention of Kafka’s own is reported when the topic is opened, and an alarm raised before it bites', async () => {
  const topic = randomTopic();
  await makeTopic(topic, { 'retention.ms': String(6 * 60 * 60 * 1000) });
  await using fixture = await openKafkaFixture({ topic, retentionMs: undefined });
  const { backplane, warnings } = fixture;
  expect(warnings.join('\n')).toMatch(/"retention\.ms","found":"21600000","wanted":"-1"/);
  const { baseOffset } = await backplane.append(1, values('needed'));
  await backplane.append(2, values('not protected'));
  await backplane.protect('messaging', 1, baseOffset);
  await backplane.retain();
  expect(warnings.join('\n')).not.toContain('will soon remove');
  await fixture.expire();
  expect(warnings.join('\n')).toMatch(/will soon remove .*"partitions":\[1\]/);
});
