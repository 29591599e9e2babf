import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ConfigDb } from '../config-db/config-db.ts';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { createScope } from '../core/lifecycle.ts';
import { systemClock } from '../core/time/clock.ts';
import { openClaims } from './claims.ts';

const ttlMs = 2_000;
const renewMs = ttlMs / 5;

/** Claims of s1 on a database of its own. Time stands still until it is moved; a move is one turn of the timers. */
async function openRig() {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-claims-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  let nowMs = 1_700_000_000_000;
  const ticks: (() => void)[] = [];
  const clock = {
    ...systemClock,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    every(_ms: number, work: () => void) {
      ticks.push(work);
      return { cancel: () => void ticks.splice(ticks.indexOf(work), 1) };
    },
  };
  const database = scope.use(await openEmbeddedConfigDb({ folder, clock }));
  let isAway = false;
  const configDb: ConfigDb = {
    ...database,
    acquire: (claim) => (isAway ? Promise.reject(new Error('the database is away')) : database.acquire(claim)),
  };
  const lost: string[] = [];
  const claims = scope.use(
    await openClaims(
      {
        serverId: 's1',
        instanceId: 'mine',
        partitionCount: 8,
        configDb,
        clock,
        ttlMs,
        held: () => [1, 2],
        lost: (why) => void lost.push(why),
      },
      new AbortController().signal,
    ),
  );
  return {
    claims,
    lost,
    database,
    setAway: (away: boolean) => void (isAway = away),
    async pass(ms: number) {
      nowMs += ms;
      for (const tick of ticks) tick();
      // What the turn began is over when the next one in the queue is.
      await claims.publish().catch(() => undefined);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('a server that was held up for many leases keeps its claim when nobody else took it', async () => {
  await using rig = await openRig();
  for (let stall = 0; stall < 20; stall += 1) await rig.pass(5 * ttlMs);
  expect(rig.lost).toEqual([]);
  expect(rig.claims.isHeld()).toBe(true);
  expect(await rig.database.leases('server/')).toMatchObject([{ holder: 'mine', note: '1-2', leftMs: ttlMs }]);
});

test('a server that was held up learns at once that another took its id', async () => {
  await using rig = await openRig();
  await rig.pass(0);
  await rig.database.release({ name: 'server/s1', holder: 'mine' });
  await rig.database.acquire({ name: 'server/s1', holder: 'other', ttlMs: 100 * ttlMs });
  await rig.pass(5 * ttlMs);
  expect(rig.lost).toEqual(['another process holds server/s1']);
  expect(rig.claims.isHeld()).toBe(false);
});

test('a server whose database is away gives its claim up after the length of a lease, and takes it up again', async () => {
  await using rig = await openRig();
  await rig.pass(renewMs);
  rig.setAway(true);
  for (let turn = 0; turn < 5; turn += 1) await rig.pass(renewMs);
  expect(rig.lost).toEqual([]);
  await rig.pass(renewMs);
  expect(rig.lost).toEqual(['server/s1 could not be renewed in time']);
  rig.setAway(false);
  await rig.pass(renewMs);
  expect(rig.claims.isHeld()).toBe(true);
});
