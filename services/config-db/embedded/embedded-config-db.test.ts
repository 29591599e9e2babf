import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock, type Clock } from '../../core/time/clock.ts';
import { describeConfigDb, type ConfigDbFixture } from '../config-db.contract.ts';
import { openEmbeddedConfigDb } from './embedded-config-db.ts';

async function openFixture(): Promise<ConfigDbFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-config-'));
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const first = await openEmbeddedConfigDb({ folder, clock });
  let configDb = first;
  return {
    configDb: first,
    async reopen() {
      await configDb[Symbol.asyncDispose]();
      configDb = await openEmbeddedConfigDb({ folder, clock });
      return configDb;
    },
    async pass(ms) {
      aheadMs += ms;
    },
    async [Symbol.asyncDispose]() {
      await configDb[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

describeConfigDb('embedded configuration database', openFixture);

test('opening ends the leases that were left, because no process of an earlier run can live', async () => {
  await using fixture = await openFixture();
  await fixture.configDb.acquire({ name: 'server/s1', holder: 'dead', ttlMs: 60_000, note: 'kept' });
  const reopened = await fixture.reopen();
  expect((await reopened.leases('server/'))[0]?.expiresAtMs).toBe(0);
  const lease = await reopened.acquire({ name: 'server/s1', holder: 'alive', ttlMs: 60_000 });
  expect(lease).toMatchObject({ holder: 'alive', note: 'kept' });
});

test('a refused change among accepted ones of the same commit leaves no trace', async () => {
  await using fixture = await openFixture();
  const { configDb } = fixture;
  const apply = (expectedVersion: number, key: string): Promise<unknown> =>
    configDb.apply({ expectedVersion, author: 'tester', values: new Map([[key, 'x']]) });
  const outcomes = await Promise.allSettled([apply(0, 'a'), apply(0, 'b'), apply(1, 'c')]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([...(await configDb.read()).values.keys()]).toEqual(['a', 'c']);
});

test('a clock that steps back does not keep an ended lease alive for its next holder', async () => {
  await using fixture = await openFixture();
  await fixture.configDb.acquire({ name: 'l', holder: 'a', ttlMs: 1000 });
  await fixture.configDb.release({ name: 'l', holder: 'a' });
  await fixture.pass(-60_000);
  expect(await fixture.configDb.acquire({ name: 'l', holder: 'b', ttlMs: 1000 })).toMatchObject({ holder: 'b' });
});
