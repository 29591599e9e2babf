import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isErrorCode } from '../core/errors.ts';
import { ask, describeServer, openTestContext } from '../runtime/server.contract.ts';
import type { ServerContext } from '../runtime/server.ts';
import { settingsWith } from '../runtime/settings.ts';
import { startConfigurator } from './main.ts';
import { publishAddresses, seedConfiguration } from './seed.ts';
import { configuratorSettings } from './settings.ts';

const adminToken = 'the-administration-token';
const start = (context: Omit<ServerContext<never>, 'settings'>, httpPort = 0) =>
  startConfigurator({ ...context, settings: settingsWith(configuratorSettings, { httpPort, adminToken }) });

describeServer('configurator', start);

/** Seeded with eight partitions for s1 and s2; version 1. */
async function openSeeded() {
  const context = await openTestContext();
  const { configDb, backplane } = context.engines;
  await seedConfiguration(configDb, { author: 'test', partitionCount: 8, messagingServerIds: ['s1', 's2'] });
  const server = await start(context);
  const call = (path: string, method = 'GET', body?: unknown) =>
    ask(`${server.httpAddress}${path}`, { method, token: adminToken, body });
  return {
    url: server.httpAddress,
    configDb,
    backplane,
    call,
    change: (values: object, more: object = {}) => call('/api/config', 'PUT', { author: 'ann', values, ...more }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await context[Symbol.asyncDispose]();
    },
  };
}

test('changes values, keeps the others, and logs who changed what', async () => {
  await using it = await openSeeded();
  const changed = await it.change({ 'history.user.message-count': '10', 'history.dialog.message-count': null });
  expect(changed).toMatchObject({ status: 200, body: { version: 2, change: { author: 'ann' } } });
  const { body } = await it.call('/api/config');
  expect(body).toEqual({
    version: 2,
    values: {
      'partitioning.partition-count': '8',
      'partitioning.server-partitions': { s1: '0-3', s2: '4-7' },
      'history.user.message-count': '10',
    },
  });
  expect((await it.call('/api/config/log?limit=1')).body).toMatchObject({
    changes: [
      {
        version: 2,
        author: 'ann',
        entries: [
          { key: 'history.dialog.message-count', before: '32', after: null },
          { key: 'history.user.message-count', before: '64', after: '10' },
        ],
      },
    ],
  });
});

test('reports all faults and changes nothing', async () => {
  await using it = await openSeeded();
  const faulty = {
    'history.user.message-count': '0',
    'partitioning.server-partitions': { s1: '0-7', s2: '7' },
    x: 'y',
  };
  expect(await it.change(faulty)).toMatchObject({
    status: 422,
    body: {
      code: 'config.invalid',
      data: {
        'history.user.message-count': '"0" is not between 1 and 1000',
        'partitioning.server-partitions.s2': '"7" takes 7, which s1 has as well',
        x: '"y" is no key of cecochat',
      },
    },
  });
  expect((await it.call('/api/config')).body).toMatchObject({ version: 1 });
  const verdict = await it.call('/api/config/validate', 'POST', { values: faulty });
  expect(verdict).toMatchObject({ status: 200, body: { valid: false, faults: { length: 3 } } });
});

test('warns, and says that nothing changed when nothing did', async () => {
  await using it = await openSeeded();
  const moved = await it.change({ 'partitioning.server-partitions': { s1: '0-3' } });
  expect(moved).toMatchObject({ status: 200, body: { version: 2, warnings: [{ value: '4-7' }, {}] } });
  const same = await it.change({ 'partitioning.server-partitions': { s1: '0-3' } });
  expect(same).toMatchObject({ status: 200, body: { version: 2, change: null } });
});

test('refuses a change that was made for an older version', async () => {
  await using it = await openSeeded();
  const stale = await it.change({ 'history.user.message-count': '10' }, { expectedVersion: 0 });
  expect(stale).toMatchObject({ status: 409, body: { code: 'config.conflict', data: { version: '1' } } });
});

test('of two changes for one version only one is made', async () => {
  await using it = await openSeeded();
  const both = ['10', '11'].map((count) => it.change({ 'history.user.message-count': count }, { expectedVersion: 1 }));
  const statuses = (await Promise.all(both)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200, 409]));
});

test('refuses to change the partition count of a stack, above all of one with messages', async () => {
  await using it = await openSeeded();
  const change = { 'partitioning.partition-count': '16', 'partitioning.server-partitions': { s1: '0-15' } };
  expect(await it.change(change)).toMatchObject({
    status: 409,
    body: { code: 'config.refused', detail: expect.stringContaining('was made with 8 partitions') },
  });
  await it.backplane.append(5, [Buffer.from('x')]);
  expect(await it.change(change)).toMatchObject({
    status: 409,
    body: { code: 'config.refused', detail: expect.stringContaining('partition 5 holds records') },
  });
});

test('streams what is and what changes', async () => {
  await using it = await openSeeded();
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${it.url}/api/config/watch`, { headers, signal: stop.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(/^event: snapshot\nid: 1\ndata: \{"version":1,.*"changes":\[\]\}\n\n$/);
  await it.change({ 'history.user.message-count': '10' });
  expect((await reader?.read())?.value).toMatch(/^event: change\nid: 2\ndata: .*"before":"64","after":"10"/);
  stop.abort();
  await expect(reader?.read()).rejects.toThrow('aborted');
});

test('stops while somebody watches', async () => {
  const it = await openSeeded();
  const headers = { authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${it.url}/api/config/watch`, { headers });
  await it[Symbol.asyncDispose]();
  expect(await response.text()).toContain('event: snapshot');
});

test('shows the messaging servers by their leases', async () => {
  await using it = await openSeeded();
  await it.configDb.acquire({ name: 'server/s1', holder: 'i1', ttlMs: 60_000 });
  await it.configDb.acquire({ name: 'server/s2', holder: 'i2', ttlMs: 60_000 });
  await it.configDb.release({ name: 'server/s2', holder: 'i2' });
  expect((await it.call('/api/servers')).body).toMatchObject({
    servers: [
      { serverId: 's1', instance: 'i1', alive: true, assigned: '0-3', held: '' },
      { serverId: 's2', alive: false, assigned: '4-7', held: '' },
    ],
  });
  await it.configDb.acquire({ name: 'server/s1', holder: 'i1', ttlMs: 60_000, note: '0-2' });
  expect((await it.call('/api/servers')).body).toMatchObject({ servers: [{ serverId: 's1', held: '0-2' }, {}] });
});

test('spreads partitions over servers that have addresses, and takes those of the leaving', async () => {
  await using it = await openSeeded();
  const spread = (servers: string[], leaving: string[] = []) =>
    it.call('/api/servers/spread', 'POST', { author: 'ann', servers, leaving });
  expect(await spread(['s1', 's2', 's3'])).toMatchObject({
    status: 409,
    body: { code: 'config.refused', detail: 'clients cannot find s1, s2, s3: no address' },
  });
  const messaging = { s1: 'h:1', s2: 'h:2', s3: 'h:3' };
  await publishAddresses(it.configDb, { author: 'test', messaging, history: undefined });
  expect(await spread(['s1', 's2', 's3'])).toEqual({ status: 200, body: { version: 3, moved: 2 } });
  expect(await spread(['s1', 's2', 's3'])).toEqual({ status: 200, body: { version: 3, moved: 0 } });
  expect((await it.call('/api/config')).body).toMatchObject({
    values: { 'partitioning.server-partitions': { s1: '0-2', s2: '4-6', s3: '3,7' } },
  });
  expect(await spread(['s1'], ['s2', 's3'])).toMatchObject({ status: 200, body: { moved: 5 } });
  expect((await it.call('/api/config')).body).toMatchObject({
    values: { 'partitioning.server-partitions': { s1: '0-7' }, 'partitioning.server-addresses': { s1: 'h:1' } },
  });
});

test('answers nothing without the administration token', async () => {
  await using it = await openSeeded();
  for (const path of ['/api/config', '/api/config/log', '/api/config/watch', '/api/servers']) {
    expect((await ask(`${it.url}${path}`)).status, path).toBe(401);
    expect((await ask(`${it.url}${path}`, { token: 'another' })).status, path).toBe(403);
  }
  const body = { author: 'ann', servers: ['s1'] };
  expect((await ask(`${it.url}/api/servers/spread`, { method: 'POST', body })).status).toBe(401);
});

test('seeds once, and publishes addresses only when they differ', async () => {
  await using it = await openSeeded();
  await seedConfiguration(it.configDb, { author: 'test', partitionCount: 8, messagingServerIds: ['s9'] });
  const addresses = { author: 'test', messaging: { s1: 'h:1' }, history: 'h:2' };
  await publishAddresses(it.configDb, addresses);
  await publishAddresses(it.configDb, addresses);
  expect(await it.configDb.read()).toMatchObject({ version: 2 });
});

test('answers every body with a listed code and stays alive', async () => {
  await using it = await openSeeded();
  const key = fc.constantFrom('author', 'values', 'expectedVersion', 'partitioning.partition-count');
  const value = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.oneof(fc.string(), fc.jsonValue())));
  const body = fc.oneof(value, fc.record({ author: fc.string({ minLength: 1 }), values: value }));
  const property = fc.asyncProperty(
    fc.constantFrom('/api/config', '/api/config/validate'),
    body,
    async (path, sent) => {
      const { status, body: got } = await it.call(path, path === '/api/config' ? 'PUT' : 'POST', sent);
      const code: unknown = typeof got === 'object' && got !== null && 'code' in got ? got.code : undefined;
      expect([200, 400, 409, 422]).toContain(status);
      expect(typeof code === 'string' && isErrorCode(code)).toBe(status >= 400);
    },
  );
  await fc.assert(property, { numRuns: 100 });
  expect((await it.call('/api/config')).status).toBe(200);
});
