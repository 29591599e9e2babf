import { expect, test } from 'vitest';
import { seededRandom } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { discover } from '../../client/discovery.ts';
import { refusal, startFake, type FakeServer } from '../../client/fake-chat-server.contract.ts';
import { openLoadClient, type LoadClient } from './load-client.ts';

async function open(fake: FakeServer) {
  const { connectUrl } = fake;
  const { messagingAddress: address } = await discover({ connectUrl, token: 'token' });
  const counts = { welcomed: 0, acknowledged: 0, delivered: 0, misplaced: 0, refused: 0, lost: 0 };
  const failures: string[] = [];
  const ended = new AbortController();
  const client: LoadClient = openLoadClient({
    plan: { address, token: 'token', userId: '1', toUserId: '2', series: 7 },
    connectUrl,
    text: 'x',
    clock: systemClock,
    random: seededRandom(1),
    signal: ended.signal,
    events: {
      welcomed: () => void (counts.welcomed += 1),
      acknowledged: () => void (counts.acknowledged += 1),
      delivered: () => void (counts.delivered += 1),
      misplaced: () => void (counts.misplaced += 1),
      refused: () => void (counts.refused += 1),
      lost: () => void (counts.lost += 1),
      failed: (error) => void failures.push(error.message),
    },
  });
  const ticker = systemClock.every(5, () => client.tick(systemClock.monotonicMs()));
  return {
    client,
    counts,
    failures,
    [Symbol.dispose]() {
      ticker.cancel();
      ended.abort();
    },
  };
}

const until = async (good: () => boolean): Promise<void> => {
  while (!good()) await systemClock.sleep(5);
};

test('a load client sends a refused message again, under the same key and in order', async () => {
  await using fake = await startFake();
  fake.onSend = (key, times) => (times <= 2 ? refusal(key, 'server.not_ready') : undefined);
  using load = await open(fake);
  load.client.send();
  load.client.send();
  await until(() => load.client.unsettled === 0);
  expect(load.counts).toMatchObject({ acknowledged: 2, misplaced: 0, lost: 0, refused: 4 });
  expect(fake.feed).toHaveLength(2);
  expect(new Set(fake.came.map(({ key }) => key)).size).toBe(2);
});

test('a load client opens a lost stream again, goes on after its cursor, and counts each message once', async () => {
  await using fake = await startFake();
  // Accepted, but the stream ends before it is said.
  fake.onSend = (_key, times) => (times === 1 && fake.came.length === 2 ? 'cut' : undefined);
  using load = await open(fake);
  for (let count = 0; count < 4; count += 1) load.client.send();
  await until(() => load.client.unsettled === 0);
  fake.cut('slow.consumer');
  load.client.send();
  await until(() => load.client.unsettled === 0);
  expect(load.counts).toMatchObject({ welcomed: 3, lost: 2, acknowledged: 5, misplaced: 0 });
  expect(fake.feed).toHaveLength(5);
  expect(load.failures).toEqual([]);
});

test('a load client gives up where the library would', async () => {
  await using fake = await startFake();
  fake.onSend = (key) => refusal(key, 'message.too_large');
  using load = await open(fake);
  load.client.send();
  await until(() => load.failures.length > 0);
  expect(load.failures).toEqual(['a send was refused: message.too_large ']);
  expect(load.client.unsettled).toBe(0);
});
