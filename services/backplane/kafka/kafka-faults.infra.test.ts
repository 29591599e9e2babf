import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import { recordTail, texts, values } from '../recorded-tail.contract.ts';
import { createCluster } from './cluster.ts';
import { openKafkaBackplane } from './kafka-backplane.ts';
import { oneBroker, openKafkaFixture, randomTopic, removeTopic, type KafkaFixture } from './kafka.fixture.ts';
import { startLoad } from './recorded-load.fixture.ts';
import { openProxy, type TcpProxy } from './tcp-proxy.fixture.ts';
import { topicSettings } from './topic.ts';

interface Proxied extends AsyncDisposable {
  readonly fixture: KafkaFixture;
  readonly proxy: TcpProxy;
}

async function openProxied(appendTimeoutMs = 2000): Promise<Proxied> {
  const proxy = await openProxy(oneBroker()[0] ?? '');
  const fixture = await openKafkaFixture({
    brokers: [proxy.address],
    reachAt: () => proxy.address,
    appendTimeoutMs,
  });
  return {
    fixture,
    proxy,
    async [Symbol.asyncDispose]() {
      proxy.mode('pass');
      await fixture[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

test('connections that are cut again and again under load lose nothing, and the tail misses nothing', async () => {
  await using proxied = await openProxied();
  const load = await startLoad(proxied.fixture.backplane, 500);
  for (let i = 0; i < 30; i++) {
    await load.progress(50);
    proxied.proxy.cut();
  }
  expect(await load.finish()).toMatchObject({ lost: 0, disordered: 0, tailFaults: [] });
});

test('an append whose answer never comes is not confirmed, also when the broker wrote it', async () => {
  await using proxied = await openProxied(1000);
  const { backplane } = proxied.fixture;
  const { end } = await backplane.bounds(1);
  await backplane.append(1, values('before'));
  proxied.proxy.mode('swallow');
  const passed = proxied.proxy.passed();
  const lost = backplane.append(1, values('written, unanswered'));
  lost.catch(() => undefined);
  while (proxied.proxy.passed() === passed) await systemClock.sleep(5);
  const behind = backplane.append(1, values('behind it'));
  await expect(lost).rejects.toMatchObject({ code: 'engine.unavailable', retry: 'backoff' });
  await expect(behind).rejects.toMatchObject({ code: 'engine.unavailable' });
  proxied.proxy.mode('pass');
  proxied.proxy.cut();
  await backplane.append(1, values('after'));
  const found = texts(await backplane.read(1, end, { maxRecords: 100, maxBytes: 100_000 }));
  expect(found).toEqual(['before', 'written, unanswered', 'after']);
});

test('an engine that is away rejects appends within the limit, and everything comes back by itself', async () => {
  await using proxied = await openProxied(1500);
  const { backplane } = proxied.fixture;
  await using tail = recordTail(backplane);
  tail.assign(1, (await backplane.bounds(1)).end);
  await backplane.append(1, values('before'));
  await tail.until(1, 1);
  proxied.proxy.mode('refuse');
  const startedMs = systemClock.monotonicMs();
  await expect(backplane.append(1, values('nowhere'))).rejects.toMatchObject({
    code: 'engine.unavailable',
    retry: 'backoff',
  });
  expect(systemClock.monotonicMs() - startedMs).toBeLessThan(4000);
  await expect(backplane.bounds(1)).rejects.toMatchObject({ code: 'engine.unavailable' });
  proxied.proxy.mode('pass');
  await backplane.append(1, values('after'));
  expect(texts(await tail.until(1, 2))).toEqual(['before', 'after']);
});

test('a broker that answers nothing for a while delays the tail, which then gets everything', async () => {
  await using proxied = await openProxied(60_000);
  const { backplane } = proxied.fixture;
  await using tail = recordTail(backplane);
  tail.assign(1, (await backplane.bounds(1)).end);
  await backplane.append(1, values('before'));
  await tail.until(1, 1);
  proxied.proxy.mode('stall');
  await systemClock.sleep(5000);
  proxied.proxy.mode('pass');
  proxied.proxy.cut();
  await using direct = await openKafkaBackplane({
    ...proxied.fixture.options,
    brokers: oneBroker(),
    reachAt: undefined,
  });
  await direct.append(1, values('after'));
  expect(texts(await tail.until(1, 2))).toEqual(['before', 'after']);
});

test('a change of the set of partitions holds no other partition up', async () => {
  await using fixture = await openKafkaFixture({ partitionCount: 40 });
  const { backplane } = fixture;
  await using tail = recordTail(backplane);
  tail.assign(0, 0);
  let slowestMs = 0;
  for (let i = 0; i < 100; i++) {
    for (let p = 1; p < 40; p++) {
      if ((p + i) % 3 === 0) tail.unassign(p);
      else tail.assign(p, 0);
    }
    const startedMs = systemClock.monotonicMs();
    await backplane.append(0, values(`m${i}`));
    await tail.until(0, i + 1);
    slowestMs = Math.max(slowestMs, systemClock.monotonicMs() - startedMs);
  }
  expect(slowestMs).toBeLessThan(2000);
});

test('a topic with another number of partitions is refused, naming both', async () => {
  await using fixture = await openKafkaFixture();
  const opening = openKafkaBackplane({ ...fixture.options, partitionCount: 7 });
  await expect(opening).rejects.toMatchObject({
    code: 'data.damaged',
    message: expect.stringMatching(/6.*7/),
    hint: expect.stringContaining('partition count'),
  });
});

test('more replicas than there are brokers are refused with the reason', async () => {
  const brokers = oneBroker();
  const opening = openKafkaFixture({ replicationFactor: 1 + 10 * brokers.length });
  await expect(opening).rejects.toMatchObject({ code: 'config.refused' });
});

test('processes that make the topic at the same time all get it, as it has to be', async () => {
  const topic = randomTopic();
  const options = { ...(await closedOptions()), topic };
  const opened = await Promise.all([1, 2, 3, 4].map(() => openKafkaBackplane(options)));
  await Promise.all(opened.map((backplane, i) => backplane.append(i, values('works'))));
  await using cluster = createCluster(options, [topic]);
  await cluster.refresh();
  const settings = await topicSettings(cluster, topic);
  expect(settings?.get('unclean.leader.election.enable')).toBe('false');
  expect(settings?.get('min.insync.replicas')).toBe('1');
  expect(settings?.get('retention.ms')).toBe('-1');
  for (const backplane of opened) await backplane[Symbol.asyncDispose]();
  await removeTopic(options);
});

test('no broker at the addresses: engine.unavailable, naming the reason', async () => {
  const options = { ...(await closedOptions()), brokers: ['127.0.0.1:1'] };
  await expect(openKafkaBackplane(options)).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

async function closedOptions(): Promise<KafkaFixture['options']> {
  await using fixture = await openKafkaFixture();
  return fixture.options;
}
