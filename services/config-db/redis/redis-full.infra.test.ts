/** A Redis that takes no writes (memory, snapshots, replicas) or ends (disk): told, nothing half done, then used again. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import type { ConfigDb } from '../config-db.ts';
import { openRedisConfigDb } from './redis-config-db.ts';
import { startRedisServer } from './redis-server.fixture.ts';

const key = 'history.user.message-count';

const openDb = (url: string): Promise<ConfigDb> =>
  openRedisConfigDb({ url, clock: systemClock, warn: () => undefined });

const change = (configDb: ConfigDb, expectedVersion: number, value: string) =>
  configDb.apply({ expectedVersion, author: 'tester', values: new Map([[key, value]]) });

/** By hand, while it lasts. */
function openHand(url: string): Redis & Disposable {
  const hand = new Redis(url);
  hand.on('error', () => undefined);
  return Object.assign(hand, { [Symbol.dispose]: () => hand.disconnect() });
}

/** The largest file that a running Redis may write. */
async function limitFiles(hand: Redis, bytes: string): Promise<void> {
  const pid = /process_id:(\d+)/.exec(await hand.info('server'))?.[1] ?? '';
  await promisify(execFile)('prlimit', ['--pid', pid, `--fsize=${bytes}:`]);
}

async function snapshot(hand: Redis): Promise<void> {
  await hand.bgsave();
  const isDone = async (): Promise<boolean> => /rdb_bgsave_in_progress:0/.test(await hand.info('persistence'));
  await expect.poll(isDone, { timeout: 10_000 }).toBe(true);
}

/** Everything that writes is refused; everything that reads answers as before. */
async function expectNoWrites(configDb: ConfigDb, reason: RegExp): Promise<void> {
  const look = async (): Promise<unknown> => [
    await configDb.read(),
    await configDb.log(10),
    (await configDb.leases('server/')).map(({ name, holder, note, expiresAtMs }) => ({
      name,
      holder,
      note,
      expiresAtMs,
    })),
  ];
  const before = await look();
  const writes = [
    change(configDb, 1, '99'),
    configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs: 90_000 }),
    configDb.acquire({ name: 'server/s2', holder: 'b', ttlMs: 60_000 }),
    configDb.nextTerm(0),
  ];
  for (const outcome of await Promise.allSettled(writes)) {
    const told = { code: 'engine.unavailable', retry: 'backoff', message: expect.stringMatching(reason) };
    expect(outcome).toMatchObject({ status: 'rejected', reason: told });
  }
  expect(await look()).toEqual(before);
}

interface Fault {
  readonly what: string;
  readonly reason: RegExp;
  /** Options of the server. */
  readonly options: readonly string[];
  readonly provoke: (hand: Redis) => Promise<unknown>;
  readonly mend: (hand: Redis) => Promise<unknown>;
}

const faults: readonly Fault[] = [
  {
    what: 'is out of memory',
    reason: /OOM/,
    options: ['--maxmemory-policy', 'noeviction'],
    provoke: (hand) => hand.config('SET', 'maxmemory', '1'),
    mend: (hand) => hand.config('SET', 'maxmemory', '0'),
  },
  {
    what: 'cannot write its snapshots',
    reason: /MISCONF/,
    options: ['--appendonly', 'no', '--save', '3600 1'],
    async provoke(hand) {
      await limitFiles(hand, '1');
      await snapshot(hand);
    },
    async mend(hand) {
      await limitFiles(hand, 'unlimited');
      await snapshot(hand);
    },
  },
  {
    what: 'lacks the replicas that it has to have',
    reason: /NOREPLICAS/,
    options: [],
    provoke: (hand) => hand.config('SET', 'min-replicas-to-write', '1'),
    mend: (hand) => hand.config('SET', 'min-replicas-to-write', '0'),
  },
];

test.each(faults)('a Redis that $what is told, changes nothing, and is used again', async (fault) => {
  await using server = await startRedisServer(...fault.options);
  using hand = openHand(server.url);
  await using configDb = await openDb(server.url);
  await change(configDb, 0, '11');
  const term = await configDb.nextTerm(0);
  await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs: 60_000 });

  await fault.provoke(hand);
  await expectNoWrites(configDb, fault.reason);
  await fault.mend(hand);

  expect((await change(configDb, 1, '12')).version).toBe(2);
  expect(await configDb.nextTerm(0)).toBe(term + 1);
  expect(await configDb.acquire({ name: 'server/s2', holder: 'b', ttlMs: 60_000 })).toBeDefined();
});

test('a Redis whose disk is full ends; what was answered is there when it starts again', async () => {
  await using server = await startRedisServer();
  using hand = openHand(server.url);
  await using configDb = await openDb(server.url);
  await limitFiles(hand, '20000');
  let answered = 0;
  let failure: unknown;
  while (failure === undefined && answered < 1000) {
    try {
      answered = (await change(configDb, answered, `${10 + (answered % 100)}`)).version;
    } catch (error) {
      failure = error;
    }
  }
  expect(failure).toMatchObject({ code: 'engine.unavailable', retry: 'backoff' });
  expect(answered).toBeGreaterThan(10);

  await server.kill();
  await server.start();
  const { version, values } = await expectRead(configDb);
  expect(version).toBe(answered);
  expect(values.get(key)).toBe(`${10 + ((answered - 1) % 100)}`);
  expect((await configDb.log(1))[0]?.version).toBe(answered);
  expect((await change(configDb, answered, '12')).version).toBe(answered + 1);
});

/** As soon as it is connected again. */
async function expectRead(configDb: ConfigDb) {
  await expect.poll(() => configDb.read().then(() => true), { timeout: 10_000 }).toBe(true);
  return configDb.read();
}
