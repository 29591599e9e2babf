import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import { requireEngine } from '../../engines.fixture.ts';
import { describeConfigDb, type ConfigDbFixture } from '../config-db.contract.ts';
import type { ConfigDb, ConfigValue } from '../config-db.ts';
import { redisChannel, redisKeys } from './redis-keys.ts';
import { openRedisConfigDb } from './redis-config-db.ts';
import { startRedisServer } from './redis-server.fixture.ts';

const url = requireEngine('CECOCHAT_TEST_REDIS');
const ignore = (): void => undefined;
const openDb = (at: string): Promise<ConfigDb> => openRedisConfigDb({ url: at, clock: systemClock, warn: ignore });

/** The suite's fixture has the server for itself, and empties it afterwards: what it has not written stays. */
async function openFixture(): Promise<ConfigDbFixture> {
  // Fails at once when nobody answers.
  const hand = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  hand.on('error', ignore);
  const found = await hand.dbsize();
  if (found > 0) {
    hand.disconnect();
    throw new Error(`the Redis of CECOCHAT_TEST_REDIS holds ${found} keys: these tests want an empty one`);
  }
  const first = await openDb(url);
  let configDb = first;
  return {
    configDb: first,
    async reopen() {
      await configDb[Symbol.asyncDispose]();
      configDb = await openDb(url);
      return configDb;
    },
    /** Time cannot be moved on in Redis: the ends of the leases are moved back instead. */
    async pass(ms) {
      for (const kind of await hand.smembers(redisKeys.leaseKinds)) {
        for (const [name, json] of Object.entries(await hand.hgetall(redisKeys.leases(kind)))) {
          const lease: { expiresAtMs: number } = JSON.parse(json);
          await hand.hset(
            redisKeys.leases(kind),
            name,
            JSON.stringify({ ...lease, expiresAtMs: lease.expiresAtMs - ms }),
          );
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await configDb[Symbol.asyncDispose]();
      await hand.flushdb();
      hand.disconnect();
    },
  };
}

describeConfigDb('configuration database on Redis', openFixture);

const changeOf = (expectedVersion: number, values: Record<string, ConfigValue | undefined>) => ({
  expectedVersion,
  author: 'tester',
  values: new Map(Object.entries(values)),
});

/** Resolves at the first call of the watcher after which `read` shows what is wanted. */
function shown(configDb: ConfigDb, wanted: (values: ReadonlyMap<string, ConfigValue>) => boolean): Promise<void> {
  return new Promise((resolve) => {
    configDb.watch(() => {
      configDb.read().then(({ values }) => (wanted(values) ? resolve() : undefined), ignore);
    });
  });
}

test('a change by redis-cli and a publish is taken over, with version, log and notification', async () => {
  await using server = await startRedisServer();
  await using configDb = await openDb(server.url);
  await configDb.apply(changeOf(0, { 'history.user.message-count': '64', x: { a: '1', b: '2' }, gone: 'y' }));
  const taken = shown(configDb, (values) => values.get('history.user.message-count') === '99');
  const hand = new Redis(server.url);
  while (Number((await hand.pubsub('NUMSUB', redisChannel))[1]) < 1) await systemClock.sleep(5);
  const { prefix } = redisKeys;
  await hand
    .multi()
    .set(`${prefix}history.user.message-count`, '99')
    .hset(`${prefix}x`, 'b', '3')
    .del(`${prefix}gone`)
    .exec();
  await hand.publish(redisChannel, 'please look');
  await taken;
  hand.disconnect();
  const { version, values } = await configDb.read();
  expect(version).toBe(2);
  expect(Object.fromEntries(values)).toEqual({ 'history.user.message-count': '99', x: { a: '1', b: '3' } });
  const [change] = await configDb.log(1);
  expect(change).toMatchObject({ version: 2, author: 'by hand' });
  expect(change?.entries.toSorted((one, other) => (one.key < other.key ? -1 : 1))).toEqual([
    { key: 'gone', before: 'y' },
    { key: 'history.user.message-count', before: '64', after: '99' },
    { key: 'x', before: { a: '1', b: '2' }, after: { a: '1', b: '3' } },
  ]);
});

test('of several processes that look at one hand-made change, one takes it over', async () => {
  await using server = await startRedisServer();
  await using one = await openDb(server.url);
  await using other = await openDb(server.url);
  const both = Promise.all([one, other].map((db) => shown(db, (values) => values.size === 1)));
  const hand = new Redis(server.url);
  await hand.set(`${redisKeys.prefix}history.dialog.message-count`, '7');
  // The watchers have subscribed once the server counts two.
  while (Number((await hand.pubsub('NUMSUB', redisChannel))[1]) < 2) await systemClock.sleep(5);
  await hand.publish(redisChannel, '');
  await both;
  hand.disconnect();
  expect((await one.read()).version).toBe(1);
  expect(await one.log(10)).toHaveLength(1);
});

test('watchers learn of a change that was made while they had no connection', async () => {
  await using server = await startRedisServer();
  await using configDb = await openDb(server.url);
  const hand = new Redis(server.url);
  const changed = shown(configDb, (values) => values.get('a') === '1');
  while (Number((await hand.pubsub('NUMSUB', redisChannel))[1]) < 1) await systemClock.sleep(5);
  await hand.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await hand.set(`${redisKeys.prefix}a`, '1');
  await hand.hset(redisKeys.accepted, 'a', '"1"');
  await hand.incr(redisKeys.version);
  await expect(changed).resolves.toBeUndefined();
  hand.disconnect();
});

test('kill -9 loses no answered change, lease, note or term; everybody goes on by himself', async () => {
  await using server = await startRedisServer();
  await using configDb = await openDb(server.url);
  let told = 0;
  configDb.watch(() => (told += 1));
  let version = 0;
  let term = 0;
  for (let round = 0; round < 5; round += 1) {
    version = (await configDb.apply(changeOf(version, { round: String(round) }))).version;
    term = await configDb.nextTerm(term);
    await configDb.acquire({ name: 'server/s1', holder: 'me', ttlMs: 60_000, note: `note ${round}` });
    await server.kill();
    await expect(configDb.read()).rejects.toMatchObject({ code: 'engine.unavailable' });
    const before = told;
    await server.start();
    while (told === before) await systemClock.sleep(10);
    const snapshot = await configDb.read();
    expect(snapshot.version).toBe(version);
    expect(snapshot.values.get('round')).toBe(String(round));
    expect(await configDb.acquire({ name: 'server/s1', holder: 'other', ttlMs: 1000 })).toBeUndefined();
    expect((await configDb.leases('server/'))[0]?.note).toBe(`note ${round}`);
    expect(await configDb.nextTerm(0)).toBeGreaterThan(term);
  }
});

test('a server that is stopped makes calls fail within seconds, and answers again when it goes on', async () => {
  await using server = await startRedisServer();
  await using configDb = await openDb(server.url);
  server.signal('SIGSTOP');
  const startedMs = systemClock.monotonicMs();
  await expect(configDb.nextTerm(0)).rejects.toMatchObject({ code: 'engine.unavailable' });
  expect(systemClock.monotonicMs() - startedMs).toBeLessThan(6000);
  server.signal('SIGCONT');
  await expect.poll(() => configDb.nextTerm(0).catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0);
});

test('users and passwords: a wrong one is refused with a hint, and not printed', async () => {
  await using server = await startRedisServer('--requirepass', 'the-right-one');
  const refused = openDb(`redis://default:the-wrong-one@127.0.0.1:${server.port}`);
  await expect(refused).rejects.toMatchObject({
    code: 'engine.unavailable',
    hint: expect.stringContaining('password'),
  });
  await expect(refused).rejects.not.toThrow(/the-wrong-one/);
  await using configDb = await openDb(`redis://default:the-right-one@127.0.0.1:${server.port}`);
  expect(configDb.durability).toContain('survives kill -9');
});

test('nobody there: engine.unavailable that names the address', async () => {
  await using server = await startRedisServer();
  await server.kill();
  await expect(openDb(server.url)).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining(`redis://127.0.0.1:${server.port}`),
  });
});

test.each([
  ['http://x', 'is no Redis URL'],
  ['redis://a:1,b:2', 'names several servers'],
  ['redis://host:99999', 'in place of host:port'],
  ['redis+sentinel://host:26379', 'names no master'],
  ['redis+cluster://host:7000/1', 'a cluster has only one'],
])('%s is refused: %s', async (wrong, reason) => {
  await expect(openDb(wrong)).rejects.toMatchObject({
    code: 'settings.invalid',
    message: expect.stringContaining(reason),
  });
});
