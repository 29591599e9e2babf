import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import type { ConfigDb } from '../config-db.ts';
import { openRedisConfigDb } from './redis-config-db.ts';
import { redisKeys } from './redis-keys.ts';
import { startRedisServer } from './redis-server.fixture.ts';

const openDb = (url: string): Promise<ConfigDb> =>
  openRedisConfigDb({ url, clock: systemClock, warn: () => undefined });

const put = (configDb: ConfigDb, expectedVersion: number) =>
  configDb.apply({ expectedVersion, author: 'tester', values: new Map([['a', String(expectedVersion)]]) });

/** Resolves when a call of the watcher finds this version. */
async function told(configDb: ConfigDb, version: number): Promise<void> {
  let watch: AsyncDisposable | undefined;
  await new Promise<void>((resolve) => {
    watch = configDb.watch(() => {
      configDb.read().then(
        (snapshot) => (snapshot.version >= version ? resolve() : undefined),
        () => undefined,
      );
    });
  });
  await watch?.[Symbol.asyncDispose]();
}

test('who begins to watch while Redis is away is told of each change after it came back', async () => {
  await using server = await startRedisServer();
  await using watching = await openDb(server.url);
  await server.kill();
  let calls = 0;
  await using _watch = watching.watch(() => (calls += 1));
  // Its first attempts to subscribe have failed by then.
  await expect(watching.read()).rejects.toMatchObject({ code: 'engine.unavailable' });
  await systemClock.sleep(500);
  await server.start();
  await expect.poll(() => calls, { timeout: 5000 }).toBeGreaterThan(0);
  await using other = await openDb(server.url);
  const seen = told(watching, 2);
  await put(other, 0);
  await put(other, 1);
  await expect(Promise.race([seen, systemClock.sleep(5000).then(() => 'too late')])).resolves.toBeUndefined();
});

test('a watcher learns of a change whose message never came', { timeout: 30_000 }, async () => {
  await using server = await startRedisServer();
  await using watching = await openDb(server.url);
  // Once it has subscribed.
  await told(watching, 0);
  const seen = told(watching, 1);
  const hand = new Redis(server.url);
  await hand.incr(redisKeys.version);
  hand.disconnect();
  await expect(Promise.race([seen, systemClock.sleep(15_000).then(() => 'too late')])).resolves.toBeUndefined();
});
