/**
 * Every way to reach Redis: Sentinel, Cluster, TLS, users with few rights.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { makeCertificate } from '../../certificate.fixture.ts';
import { systemClock } from '../../core/time/clock.ts';
import type { ConfigDb } from '../config-db.ts';
import { openRedisConfigDb, type RedisConfigDbOptions } from './redis-config-db.ts';
import { redisKeys } from './redis-keys.ts';
import { freePort, startRedisServer } from './redis-server.fixture.ts';

const openDb = (url: string, more: Partial<RedisConfigDbOptions> = {}): Promise<ConfigDb> =>
  openRedisConfigDb({ url, clock: systemClock, warn: () => undefined, ...more });

const put = (configDb: ConfigDb, expectedVersion: number) =>
  configDb.apply({
    expectedVersion,
    author: 'tester',
    values: new Map([['history.user.message-count', `${expectedVersion + 10}`]]),
  });

/** A change, its notification, a lease, a term and a change by hand. */
async function expectWorks(configDb: ConfigDb, hand: Redis): Promise<void> {
  let shown = 0;
  const look = (): void => void configDb.read().then((snapshot) => (shown = snapshot.version));
  await using _watch = configDb.watch(look);
  const { version } = await put(configDb, (await configDb.read()).version);
  await expect.poll(() => shown, { timeout: 8000 }).toBe(version);
  expect((await configDb.log(1))[0]?.version).toBe(version);
  expect(await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs: 60_000, note: 'n' })).toBeDefined();
  expect(await configDb.acquire({ name: 'server/s1', holder: 'b', ttlMs: 60_000 })).toBeUndefined();
  expect((await configDb.leases('')).map((lease) => lease.name)).toEqual(['server/s1']);
  expect(await configDb.nextTerm(5)).toBeGreaterThan(5);
  await hand.set(`${redisKeys.prefix}history.user.message-count`, '77');
  await hand.publish(`${redisKeys.prefix}config.changed`, 'by hand');
  const value = async (): Promise<unknown> => (await configDb.read()).values.get('history.user.message-count');
  await expect.poll(value, { timeout: 5000 }).toBe('77');
}

test('Sentinel: goes on with the replica after the master was killed, and tells its watchers', async () => {
  await using master = await startRedisServer();
  await using replica = await startRedisServer('--replicaof', '127.0.0.1', String(master.port));
  await using sentinel = await startSentinel(master.port);
  await using configDb = await openDb(`redis+sentinel://127.0.0.1:${sentinel.port}/main`);
  let told = 0;
  await using _watch = configDb.watch(() => (told += 1));
  await put(configDb, 0);
  const term = await configDb.nextTerm(0);
  const hand = new Redis(replica.url);
  hand.on('error', () => undefined);
  const caughtUp = async (): Promise<unknown> => hand.get(redisKeys.term);
  await expect.poll(caughtUp, { timeout: 10_000 }).toBe(String(term));
  await sentinel.knowsReplica();
  await master.kill();
  const before = told;
  const killedMs = systemClock.monotonicMs();
  const next = (): Promise<number> => configDb.nextTerm(0).catch(() => 0);
  await expect.poll(next, { timeout: 30_000, interval: 200 }).toBeGreaterThan(term);
  process.stdout.write(`Sentinel: answers ${Math.round(systemClock.monotonicMs() - killedMs)} ms after the kill\n`);
  await expect.poll(() => told, { timeout: 15_000 }).toBeGreaterThan(before);
  expect((await configDb.read()).version).toBe(1);
  await expectWorks(configDb, hand);
  hand.disconnect();
});

test('Cluster: everything of a stack is in one slot, and works from every node', async () => {
  await using first = await startClusterNode();
  await using second = await startClusterNode();
  await using third = await startClusterNode();
  const nodes = [first, second, third];
  const hands = nodes.map((node) => new Redis(node.url));
  for (const hand of hands) hand.on('error', () => undefined);
  const [one] = hands;
  if (one === undefined) throw new Error('no nodes');
  for (const [index, hand] of hands.entries()) {
    const [from, to] = [Math.ceil((index * 16_384) / 3), Math.ceil(((index + 1) * 16_384) / 3) - 1];
    await hand.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
    await one.call('CLUSTER', 'MEET', '127.0.0.1', nodes[index]?.port ?? 0, nodes[index]?.busPort ?? 0);
  }
  for (const hand of hands) {
    const state = async (): Promise<string> => String(await hand.call('CLUSTER', 'INFO'));
    await expect.poll(state, { timeout: 20_000 }).toMatch(/cluster_state:ok[\s\S]*cluster_known_nodes:3/);
  }
  const slot = Number(await one.call('CLUSTER', 'KEYSLOT', redisKeys.version));
  const holder = hands[Math.floor((slot * 3) / 16_384)] ?? one;
  for (const node of nodes) {
    await using configDb = await openDb(`redis+cluster://127.0.0.1:${node.port}`);
    await expectWorks(configDb, holder);
    await configDb.release({ name: 'server/s1', holder: 'a' });
  }
  for (const hand of hands) hand.disconnect();
});

test('TLS: speaks to a server whose authority is known, and to no other', async () => {
  await using files = await openCertificate();
  const tls = ['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', files.cert];
  const port = await freePort();
  await using server = await startRedisServer('--tls-port', String(port), '--tls-auth-clients', 'no', ...tls);
  const url = `rediss://127.0.0.1:${port}`;
  await expect(openDb(url)).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining('self-signed'),
  });
  await using configDb = await openDb(url, { tls: { ca: await readFile(files.cert, 'utf8') } });
  const hand = new Redis(server.url);
  await expectWorks(configDb, hand);
  hand.disconnect();
});

test('a user with the rights that the README names can do everything', async () => {
  await using server = await startRedisServer();
  const hand = new Redis(server.url);
  await hand.call('ACL', 'SETUSER', 'chat', 'on', '>secret', ...'~{cecochat}:* &{cecochat}:*'.split(' '), ...rights);
  await using configDb = await openDb(`redis://chat:secret@127.0.0.1:${server.port}`);
  expect(configDb.durability).toContain('may not be read');
  await expectWorks(configDb, hand);
  hand.disconnect();
});

const rights = '+@read +@write +@pubsub +@scripting +@connection +info +time -@dangerous +info'.split(' ');

interface Sentinel extends AsyncDisposable {
  readonly port: number;
  knowsReplica(): Promise<void>;
}

async function startSentinel(masterPort: number): Promise<Sentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-sentinel-'));
  const port = await freePort();
  const lines = [
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds main 1000',
    'sentinel failover-timeout main 5000',
  ];
  const file = join(folder, 'sentinel.conf');
  await writeFile(file, lines.join('\n'));
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore', cwd: folder });
  const asked = new Redis(port);
  asked.on('error', () => undefined);
  const replicas = async (): Promise<number> => {
    const found = await asked.call('SENTINEL', 'REPLICAS', 'main').catch(() => []);
    return Array.isArray(found) ? found.length : 0;
  };
  return {
    port,
    knowsReplica: () => expect.poll(replicas, { timeout: 20_000 }).toBe(1),
    async [Symbol.asyncDispose]() {
      asked.disconnect();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startClusterNode() {
  const busPort = await freePort();
  const server = await startRedisServer('--cluster-enabled', 'yes', '--cluster-port', String(busPort));
  return { ...server, busPort };
}

async function openCertificate() {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-tls-'));
  const { certFile: cert, keyFile: key } = await makeCertificate(folder);
  return { cert, key, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
