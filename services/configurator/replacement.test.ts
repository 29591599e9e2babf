import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configKeys, parseDynamicConfig } from '../config-db/dynamic-config.ts';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { formatRanges } from '../config-db/partition-ranges.ts';
import { createScope } from '../core/lifecycle.ts';
import { systemClock } from '../core/time/clock.ts';
import { publishAddresses, seedConfiguration } from './seed.ts';
import type { Replacement } from './replacement-plan.ts';
import { watchForReplacement } from './replacement.ts';

const ttlMs = 1000;

/** Eight partitions for s1 and s2, whose leases are alive; s3 has an address and nothing else. Time stands still. */
async function openRig() {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-replacement-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  let nowMs = 1_700_000_000_000;
  const clock = {
    ...systemClock,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    every: () => ({ cancel: () => undefined }),
    after: () => ({ cancel: () => undefined }),
  };
  const configDb = scope.use(await openEmbeddedConfigDb({ folder, clock }));
  await seedConfiguration(configDb, { author: 'test', partitionCount: 8, messagingServerIds: ['s1', 's2'] });
  const addresses = { s1: '127.0.0.1:1', s2: '127.0.0.1:2', s3: '127.0.0.1:3' };
  await publishAddresses(configDb, { author: 'test', messaging: addresses, history: '127.0.0.1:4' });
  const replacements: Replacement[] = [];
  const givenBack: Replacement[] = [];
  const watch = scope.use(
    watchForReplacement({
      configDb,
      clock,
      giveBackAfterMs: 2000,
      replaced: (made) => void replacements.push(...made),
      gaveBack: (moves) => void givenBack.push(...moves),
      failed: (error) => {
        throw error;
      },
    }),
  );
  const assigned = async (): Promise<Record<string, readonly number[]>> => {
    const parsed = parseDynamicConfig(await configDb.read());
    if ('faults' in parsed) throw new Error('faulty');
    return Object.fromEntries(parsed.config.serverPartitions);
  };
  /** They hold what is theirs, but for those that are slow. */
  const slow = new Set<string>();
  const renew = async (...servers: string[]): Promise<void> => {
    const present = await assigned();
    const claims = servers.map((server) => {
      const note = slow.has(server) ? {} : { note: formatRanges(present[server] ?? []) };
      return configDb.acquire({ name: `server/${server}`, holder: `of-${server}`, ttlMs, ...note });
    });
    await Promise.all(claims);
  };
  await renew('s1', 's2');
  return {
    configDb,
    replacements,
    givenBack,
    renew,
    check: () => watch.check(),
    /** Time passes while these servers live, with a look each quarter of a second. */
    async pass(ms: number, ...living: string[]) {
      for (const endMs = nowMs + ms; nowMs < endMs;) {
        nowMs += 250;
        await renew(...living);
        await watch.check();
      }
    },
    /** Time passes, nobody runs: the machine slept. */
    sleep: (ms: number) => void (nowMs += ms),
    assigned,
    slow,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('the partitions of a server whose lease ended go to an idle one, within its lease and a second', async () => {
  await using it = await openRig();
  await it.pass(3000, 's1', 's2', 's3');
  expect(it.replacements).toEqual([]);
  await it.pass(ttlMs + 1000, 's2', 's3');
  expect(await it.assigned()).toEqual({ s2: [4, 5, 6, 7], s3: [0, 1, 2, 3] });
  expect(it.replacements).toEqual([{ from: 's1', to: 's3', partitions: [0, 1, 2, 3] }]);
  expect((await it.configDb.log(1))[0]).toMatchObject({ author: 'replacement' });
  await it.pass(5000, 's1', 's2', 's3');
  expect(it.replacements).toHaveLength(1);
});

test('without an idle server they go to the living', async () => {
  await using it = await openRig();
  await it.pass(ttlMs + 1000, 's2');
  expect(await it.assigned()).toEqual({ s2: [0, 1, 2, 3, 4, 5, 6, 7] });
});

test('a released lease counts as well, a server that never started does not', async () => {
  await using it = await openRig();
  await it.configDb.release({ name: 'server/s1', holder: 'of-s1' });
  await it.pass(1000, 's2');
  expect(await it.assigned()).toEqual({ s2: [0, 1, 2, 3, 4, 5, 6, 7] });
  await using fresh = await openRig();
  await fresh.configDb.apply({
    expectedVersion: (await fresh.configDb.read()).version,
    author: 'test',
    values: new Map([[configKeys.serverPartitions, { s9: '0-3', s2: '4-7' }]]),
  });
  await fresh.pass(3000, 's1', 's2');
  expect(fresh.replacements).toEqual([]);
});

test('the partitions of a server that says that it leaves go to others while it still lives', async () => {
  await using it = await openRig();
  await it.pass(500, 's1', 's2', 's3');
  await it.configDb.acquire({ name: 'server/s1', holder: 'of-s1', ttlMs, note: 'leaving 0-3', announce: true });
  await it.check();
  expect(await it.assigned()).toEqual({ s2: [4, 5, 6, 7], s3: [0, 1, 2, 3] });
});

test('a machine that slept is no reason: the first look sees ended leases, the next ones renewed', async () => {
  await using it = await openRig();
  await it.pass(500, 's1', 's2');
  it.sleep(60_000);
  await it.check();
  await it.pass(2000, 's1', 's2');
  expect(it.replacements).toEqual([]);
});

test('nobody alive: nothing changes, and the first to come back gets what the others had', async () => {
  await using it = await openRig();
  await it.pass(5000);
  expect(it.replacements).toEqual([]);
  await it.pass(500, 's1');
  expect(await it.assigned()).toEqual({ s1: [0, 1, 2, 3, 4, 5, 6, 7] });
});

test('a server whose partitions were spread gets them back when it has lived again for a while', async () => {
  await using it = await openRig();
  await it.pass(ttlMs + 1000, 's2');
  await it.pass(1500, 's1', 's2');
  expect(it.givenBack).toEqual([]);
  await it.pass(1500, 's1', 's2');
  expect(await it.assigned()).toEqual({ s1: [0, 1, 2, 3], s2: [4, 5, 6, 7] });
  expect((await it.configDb.log(1))[0]).toMatchObject({ author: 'give-back' });
  await it.pass(20_000, 's1', 's2');
  expect(it.givenBack).toHaveLength(1);
});

test('not while a server does not hold yet what it was given, nor to one that dies again and again', async () => {
  await using it = await openRig();
  it.slow.add('s2');
  await it.pass(ttlMs + 1000, 's2');
  await it.pass(10_000, 's1', 's2');
  expect(it.givenBack).toEqual([]);
  await it.pass(ttlMs + 500, 's2');
  it.slow.delete('s2');
  for (let count = 0; count < 3; count += 1) {
    await it.pass(ttlMs + 500, 's2');
    await it.pass(500, 's1', 's2');
  }
  expect(it.givenBack).toEqual([]);
  await it.pass(2500, 's1', 's2');
  expect(it.givenBack).toHaveLength(1);
});

test('a rolling restart ends balanced, and an idle server stays idle', async () => {
  await using it = await openRig();
  for (const [down, up] of [
    ['s1', 's2'],
    ['s2', 's1'],
  ] as const) {
    await it.configDb.release({ name: `server/${down}`, holder: `of-${down}` });
    await it.pass(1000, up);
    await it.pass(5000, 's1', 's2');
  }
  expect(await it.assigned()).toEqual({ s1: [0, 1, 2, 3], s2: [4, 5, 6, 7] });
  await it.pass(10_000, 's1', 's2', 's3');
  expect(await it.assigned()).toEqual({ s1: [0, 1, 2, 3], s2: [4, 5, 6, 7] });
});
