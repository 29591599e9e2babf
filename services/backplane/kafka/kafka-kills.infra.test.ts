import { expect, test } from 'vitest';
import { randomInt, systemRandom } from '../../core/random.ts';
import { systemClock } from '../../core/time/clock.ts';
import { threeBrokers } from './broker-processes.fixture.ts';
import { openKafkaFixture } from './kafka.fixture.ts';
import { startLoad } from './recorded-load.fixture.ts';

const killsPerRound = 5;
const perSecond = 300;
const replicated = { replicationFactor: 3, minInsyncReplicas: 2, partitionCount: 60 };

test.for([1, 2, 3, 4])(
  'kill -9 of a random broker five times under load, round %i of 4: nothing acknowledged is lost or out of order',
  { timeout: 600_000 },
  async (round) => {
    const cluster = threeBrokers();
    await cluster.revive();
    await using fixture = await openKafkaFixture({ ...replicated, brokers: cluster.brokers });
    const load = await startLoad(fixture.backplane, perSecond);
    await load.progress(perSecond);
    for (let kill = 0; kill < killsPerRound; kill++) {
      await cluster.signal(1 + randomInt(systemRandom, 3), 'SIGKILL');
      await systemClock.sleep(randomInt(systemRandom, 4000));
      await cluster.revive();
      await load.progress(perSecond);
    }
    const report = await load.finish();
    process.stdout.write(`round ${round}, ${killsPerRound} kills: ${JSON.stringify(report)}\n`);
    expect(report).toMatchObject({ lost: 0, disordered: 0, tailFaults: [] });
  },
);

test(
  'a broker that is stopped for longer than its session delays, and loses nothing',
  { timeout: 180_000 },
  async () => {
    const cluster = threeBrokers();
    await cluster.revive();
    await using fixture = await openKafkaFixture({ ...replicated, brokers: cluster.brokers });
    const load = await startLoad(fixture.backplane, perSecond);
    await load.progress(perSecond);
    const node = 1 + randomInt(systemRandom, 3);
    await cluster.signal(node, 'SIGSTOP');
    try {
      await systemClock.sleep(15_000);
    } finally {
      await cluster.signal(node, 'SIGCONT');
    }
    await load.progress(5 * perSecond);
    const report = await load.finish();
    process.stdout.write(`stopped for 15 s: ${JSON.stringify(report)}\n`);
    expect(report).toMatchObject({ lost: 0, disordered: 0, tailFaults: [] });
  },
);

test('partitions without replicas come back with their broker, by themselves', { timeout: 180_000 }, async () => {
  const cluster = threeBrokers();
  await cluster.revive();
  await using fixture = await openKafkaFixture({ brokers: cluster.brokers, partitionCount: 12, appendTimeoutMs: 2000 });
  const load = await startLoad(fixture.backplane, perSecond);
  await load.progress(perSecond);
  await cluster.signal(2, 'SIGKILL');
  await systemClock.sleep(3000);
  await cluster.revive();
  const report = await load.finish();
  expect(report).toMatchObject({ lost: 0, disordered: 0, tailFaults: [] });
  expect(report.rejected).toBeGreaterThan(0);
});
