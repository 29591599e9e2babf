import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { CecochatError } from '../core/errors.ts';
import { parseUserId } from '../core/ids.ts';
import { parseDynamicConfig, type DynamicConfig } from '../config-db/dynamic-config.ts';
import type { ConfigValue } from '../config-db/config-db.ts';
import { ask, describeServer, openTestContext } from '../runtime/server.contract.ts';
import type { ServerContext } from '../runtime/server.ts';
import { settingsWith } from '../runtime/settings.ts';
import { directionsFor } from './connect.ts';
import { startConnect } from './main.ts';
import { connectSettings } from './settings.ts';

const nowhere = 'http://127.0.0.1:9/.well-known/jwks.json';
const start = (context: Omit<ServerContext<never>, 'settings'>, httpPort = 0, jwksUrl = nowhere) =>
  startConnect({ ...context, settings: settingsWith(connectSettings, { httpPort, jwksUrl }) });

describeServer('connect', start);

const values: Readonly<Record<string, ConfigValue>> = {
  'partitioning.partition-count': '8',
  'partitioning.server-partitions': { s1: '0-3', s2: '4-6' },
  'partitioning.server-addresses': { s1: 'one:1' },
  'history.server-address': 'history:1',
};

function config(): DynamicConfig {
  const parsed = parseDynamicConfig({ version: 1, values: new Map(Object.entries(values)) });
  if ('faults' in parsed) throw new Error('unreachable');
  return parsed.config;
}

function user(id: bigint) {
  const userId = parseUserId(id);
  if (userId === undefined) throw new Error('unreachable');
  return userId;
}

test('sends every user to the owner of the partition, or says which partition has none', () => {
  const outcome = (id: bigint): string => {
    try {
      const { partition, messagingServerId } = directionsFor(user(id), config(), 5);
      return `${messagingServerId}: ${partition < 4}`;
    } catch (error) {
      return error instanceof CecochatError ? `${error.code}: ${error.message.replace(/[0-9]+/, 'N')}` : 'a bug';
    }
  };
  const seen = new Set(Array.from({ length: 200 }, (_, i) => outcome(BigInt(i + 1))));
  expect([...seen].toSorted()).toEqual([
    'partition.not_owned: no messaging server has partition N at the moment',
    'partition.not_owned: the address of messaging server sN is not known',
    's1: true',
  ]);
});

test('cannot answer without a configuration', () => {
  expect(() => directionsFor(user(1n), undefined, 5)).toThrow(expect.objectContaining({ code: 'server.not_ready' }));
});

test('is ready with the keys and a history address, and not before', async () => {
  await using context = await openTestContext();
  await using keys = await serveKeys();
  await using server = await start(context, 0, keys.url);
  await expect.poll(() => server.notReady()).toEqual(['the configuration names no history server yet']);
  const change = { expectedVersion: 0, author: 'test', values: new Map(Object.entries(values)) };
  await context.engines.configDb.apply(change);
  await expect.poll(() => server.notReady()).toEqual([]);
  expect((await ask(`${server.httpAddress}/readyz`)).status).toBe(200);
});

test('keeps the last good configuration and says what is wrong with the new one', async () => {
  await using context = await openTestContext();
  await using keys = await serveKeys();
  const { configDb } = context.engines;
  await configDb.apply({ expectedVersion: 0, author: 'test', values: new Map(Object.entries(values)) });
  await using server = await start(context, 0, keys.url);
  await configDb.apply({ expectedVersion: 1, author: 'test', values: new Map([['history.server-address', 'bad']]) });
  const fault = 'history.server-address = "bad" is no address of the form host:port';
  await expect.poll(() => server.notReady()).toEqual([fault]);
});

test.each([undefined, '', 'x', 'a.b.c', 'Bearer'])('refuses the token %j', async (token) => {
  await using context = await openTestContext();
  await using keys = await serveKeys();
  await using server = await start(context, 0, keys.url);
  const answer = await ask(`${server.httpAddress}/api/connect`, token === undefined ? {} : { token });
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', hint: expect.any(String) } });
});

test('is not ready while the keys cannot be had, and says so to callers', async () => {
  await using context = await openTestContext();
  await using server = await start(context);
  const answer = await ask(`${server.httpAddress}/api/connect`, { token: 'a.b.c' });
  expect(answer).toMatchObject({ status: 503, body: { code: 'server.not_ready', retry: 'backoff' } });
});

/** An empty key set. */
async function serveKeys() {
  const server = createServer((_request, response) => void response.end('{"keys":[]}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
