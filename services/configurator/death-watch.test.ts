import { createServer } from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { createScope } from '../core/lifecycle.ts';
import { systemClock } from '../core/time/clock.ts';
import { watchForDeaths } from './death-watch.ts';
import { publishAddresses, seedConfiguration } from './seed.ts';
import { serverConnector, type Connect } from './server-connection.ts';

const name = 'server/s1';
const ttlMs = 60_000;

/** s1 has a lease and an address; `next` is what connections to it become, one after the other. */
async function openRig() {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-death-watch-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const configDb = scope.use(await openEmbeddedConfigDb({ folder, clock: systemClock }));
  await seedConfiguration(configDb, { author: 'test', partitionCount: 8, messagingServerIds: ['s1'] });
  await publishAddresses(configDb, { author: 'test', messaging: { s1: '10.0.0.1:1' }, history: '10.0.0.1:4' });
  await configDb.acquire({ name, holder: 'first', ttlMs, note: '0-7' });
  const next: ('opened' | 'refused' | 'failed')[] = [];
  const ends: (() => void)[] = [];
  const asked: string[] = [];
  const connect: Connect = (address) => {
    asked.push(address);
    let end: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (end = resolve));
    ends.push(end);
    return { opened: Promise.resolve(next.shift() ?? 'failed'), closed, close: end };
  };
  const died: string[] = [];
  const releases: string[] = [];
  let nowMs = 0;
  const start = () =>
    scope.use(
      watchForDeaths({
        configDb: {
          ...configDb,
          release(claim) {
            releases.push(claim.holder);
            return configDb.release(claim);
          },
        },
        clock: {
          ...systemClock,
          monotonicMs: () => nowMs,
          every: () => ({ cancel: () => undefined }),
          sleep: async () => undefined,
        },
        connect,
        died: (server) => void died.push(server),
        failed: (error) => {
          throw error;
        },
      }),
    );
  return {
    configDb,
    next,
    died,
    start,
    asked,
    releases,
    pass: (ms: number) => void (nowMs += ms),
    /** More turns of the loop than anything here takes: nothing waits for a timer. */
    async turns() {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    },
    /** The first connection ends. */
    end: () => ends[0]?.(),
    lease: async () => (await configDb.leases(name))[0],
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('a server whose connection ends and that is refused twice is dead: its lease is released', async () => {
  await using rig = await openRig();
  rig.next.push('opened', 'refused', 'refused');
  await rig.start().refresh();
  expect(rig.asked.length).toBe(1);
  rig.end();
  await expect.poll(() => rig.died).toEqual(['s1']);
  expect(await rig.lease()).toMatchObject({ leftMs: 0, note: '0-7' });
});

test.each([
  ['answers again', ['opened', 'opened'], 2],
  ['answers at the second attempt', ['opened', 'refused', 'opened'], 3],
  ['does not answer', ['opened', 'failed'], 2],
  ['was never reached', ['refused', 'refused', 'refused'], 1],
] as const)('one that %s keeps its lease', async (_what, connections, attempts) => {
  await using rig = await openRig();
  rig.next.push(...connections);
  const watch = rig.start();
  await watch.refresh();
  rig.end();
  await expect.poll(() => rig.asked.length).toBe(attempts);
  await rig.turns();
  expect(rig.asked.length).toBe(attempts);
  expect(rig.releases).toEqual([]);
});

test('an address that only clients reach is tried ever less often', async () => {
  await using rig = await openRig();
  const watch = rig.start();
  for (let second = 0; second < 60; second += 1) {
    await watch.refresh();
    rig.pass(1000);
  }
  // After 1, 2, 4, 8 and 16 seconds, then every 30.
  expect(rig.asked.length).toBeLessThanOrEqual(7);
  expect(rig.asked.length).toBeGreaterThanOrEqual(5);
});

test('a process that listens elsewhere by now is not judged by its old address, and is followed at the new one', async () => {
  await using rig = await openRig();
  rig.next.push('opened', 'opened');
  const watch = rig.start();
  await watch.refresh();
  await publishAddresses(rig.configDb, { author: 'test', messaging: { s1: '10.0.0.9:9' }, history: '10.0.0.1:4' });
  await watch.refresh();
  expect(rig.asked).toEqual(['10.0.0.1:1', '10.0.0.9:9']);
  await rig.turns();
  expect(rig.releases).toEqual([]);
});

test('an address that is another by now, which the watch has not met yet, keeps the lease as well', async () => {
  await using rig = await openRig();
  rig.next.push('opened', 'refused', 'refused');
  const watch = rig.start();
  await watch.refresh();
  await publishAddresses(rig.configDb, { author: 'test', messaging: { s1: '10.0.0.9:9' }, history: '10.0.0.1:4' });
  rig.end();
  await expect.poll(() => rig.asked.length).toBe(3);
  await rig.turns();
  expect(rig.releases).toEqual([]);
});

test('one that says that it leaves ends its lease itself, after its work', async () => {
  await using rig = await openRig();
  rig.next.push('opened', 'refused', 'refused');
  const watch = rig.start();
  await watch.refresh();
  await rig.configDb.acquire({ name, holder: 'first', ttlMs, note: 'leaving 0-7' });
  rig.end();
  await expect.poll(() => rig.asked.length).toBe(3);
  await rig.turns();
  expect(rig.releases).toEqual([]);
});

test('a process that renews the lease that was taken from it is not connected to again; a new one is', async () => {
  await using rig = await openRig();
  rig.next.push('opened', 'refused', 'refused');
  const watch = rig.start();
  await watch.refresh();
  rig.end();
  await expect.poll(() => rig.died).toEqual(['s1']);
  await rig.configDb.acquire({ name, holder: 'first', ttlMs, note: '0-7' });
  await watch.refresh();
  await watch.refresh();
  expect(rig.asked.length).toBe(3);
  await rig.configDb.release({ name, holder: 'first' });
  await rig.configDb.acquire({ name, holder: 'second', ttlMs, note: '' });
  await watch.refresh();
  expect(rig.asked.length).toBe(4);
});

test('a connection is opened when the server answers, ends with it, and is refused after that', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const sessions: { destroy(): void }[] = [];
  server.on('session', (session) => void sessions.push(session));
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  const connectToServer = serverConnector(systemClock);
  const connection = connectToServer(address);
  expect(await connection.opened).toBe('opened');
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    for (const session of sessions) session.destroy();
  });
  await connection.closed;
  expect(await connectToServer(address).opened).toBe('refused');
});
