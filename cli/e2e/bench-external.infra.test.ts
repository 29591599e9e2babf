/**
 * `bench messages` on real engines measures both itself and bare kafkajs, and removes what it made there. How
 * the two compare on a quiet machine stands in the README: here others may run beside it.
 */
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { requireEngine } from '../../services/engines.fixture.ts';
import type { Json } from './envelope.ts';
import { openSandbox } from './sandbox.ts';

async function topics(brokers: string): Promise<string[]> {
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** A figure and its floor, both measured, and in a relation to be believed. */
function expectRatio(ratio: number, { atLeast, atMost }: { atLeast: number; atMost: number }): void {
  expect(Number.isFinite(ratio)).toBe(true);
  expect(ratio).toBeGreaterThan(atLeast);
  expect(ratio).toBeLessThan(atMost);
}

function expectPhase(phase: Json): void {
  expect(phase.at('messages').number()).toBeGreaterThan(0);
  expect(phase.at('floor', 'messagesPerSecond').number()).toBeGreaterThan(0);
  expect(phase.at('floor', 'latency', 'p50').number()).toBeGreaterThan(0);
  expect(phase.at('appends', 'recordsPerRequest').number()).toBeGreaterThanOrEqual(1);
  expect(phase.at('appends', 'partitionsPerRequest').number()).toBeGreaterThanOrEqual(1);
  // A text of 100 bytes, with its ids and key.
  expect(phase.at('appends', 'bytesPerRecord').number()).toBeGreaterThan(100);
}

test('bench messages on Kafka, Cassandra and Redis: latency and throughput, beside bare kafkajs', async () => {
  const kafka = requireEngine('CECOCHAT_TEST_KAFKA');
  const engines = ['--kafka', kafka, '--cassandra', requireEngine('CECOCHAT_TEST_CASSANDRA')];
  // A database of its own: the stack's names in Redis are the same for every stack.
  const redis = ['--redis', `${requireEngine('CECOCHAT_TEST_REDIS')}/7`];
  await using sandbox = await openSandbox();
  const args = ['bench', 'messages', '--backends', 'external', ...engines, ...redis];
  const load = ['--rate', '100', '--duration', '3s', '--warm-up', '3s'];
  const ran = await sandbox.json([...args, ...load], { timeoutMs: 110_000 });
  if (ran.exitCode !== 0) throw new Error(ran.errorMessage);
  const { data } = ran;
  expect([data.at('backends').value, data.at('faults').value, data.at('misplaced').value]).toEqual(['external', [], 0]);
  expectPhase(data);
  expect(data.at('messagesPerSecond').number()).toBeGreaterThan(0);
  for (const quantile of ['p50', 'p90', 'p99']) {
    expectRatio(data.at('ratios', quantile).number(), { atLeast: 0.2, atMost: 1_000 });
  }
  expectPhase(data.at('saturation'));
  expectRatio(data.at('saturation', 'ratioToFloor').number(), { atLeast: 0.01, atMost: 5 });
  expect(await sandbox.leftovers()).toEqual([]);
  expect((await topics(kafka)).filter((topic) => topic.startsWith('cecochat-bench'))).toEqual([]);
});
