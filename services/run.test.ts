import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemRandom } from './core/random.ts';
import { systemClock } from './core/time/clock.ts';
import { serverNames } from './runtime/server.ts';
import { startAll, startOne, settingsReference, type StackOptions } from './run.ts';

const limitMs = 20_000;

async function makeOptions(): Promise<StackOptions & AsyncDisposable> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'cecochat-stack-'));
  return {
    dataFolder,
    adminToken: 'the-administration-token',
    users: [{ name: 'bob', userId: '1', password: 'made by chance, say' }],
    partitionCount: 8,
    logLevel: 'error',
    writeLog: (text) => expect.unreachable(text),
    clock: systemClock,
    random: systemRandom,
    [Symbol.asyncDispose]: () => rm(dataFolder, { recursive: true }),
  };
}

async function json(url: string, init: RequestInit = {}): Promise<unknown> {
  return (await fetch(url, init)).json();
}

const textOf = (body: unknown, name: string): string => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : '';
};

test('starts all servers, leads a user to the right one, and starts again on the same data', async () => {
  await using options = await makeOptions();
  for (const round of ['first', 'second']) {
    await using stack = await startAll(options);
    await stack.ready(AbortSignal.timeout(limitMs));
    expect(stack.notReady(), round).toEqual([]);
    expect(new Set(stack.servers.map(({ name }) => name))).toEqual(new Set(serverNames));
    const at = (serverId: string) => stack.servers.find((server) => server.serverId === serverId);
    const session = await json(`${at('profile')?.httpAddress}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'bob', password: 'made by chance, say' }),
    });
    const headers = { authorization: `Bearer ${textOf(session, 'accessToken')}` };
    const directions = await json(`${at('connect')?.httpAddress}/api/connect`, { headers });
    const messaging = at(textOf(directions, 'messagingServerId'));
    expect(directions).toMatchObject({
      messagingAddress: messaging?.grpcAddress,
      historyAddress: at('history')?.grpcAddress,
    });
  }
});

test('refuses data that another stack holds, and leaves nothing behind', async () => {
  await using options = await makeOptions();
  await using _stack = await startAll(options);
  await expect(startAll(options)).rejects.toMatchObject({ code: 'data.locked' });
});

test('gives up everything when one server cannot listen', async () => {
  await using options = await makeOptions();
  await using other = await makeOptions();
  await using stack = await startAll(other);
  const taken = Number(new URL(stack.servers[0]?.httpAddress ?? '').port);
  await expect(startAll({ ...options, ports: { 'history.http': taken } })).rejects.toMatchObject({ code: 'port.busy' });
  await using again = await startAll(options);
  await again.ready(AbortSignal.timeout(limitMs));
});

test('gives up between two steps when it is told to, and leaves nothing open', async () => {
  await using options = await makeOptions();
  const reason = new Error('told to');
  const abort = new AbortController();
  // Its first line says that the engines are open.
  const given = { ...options, logLevel: 'info', writeLog: () => abort.abort(reason), signal: abort.signal } as const;
  await expect(startAll(given)).rejects.toBe(reason);
  await using again = await startAll(options);
  await again.ready(AbortSignal.timeout(limitMs));
});

test('says what is missing when it does not get ready in time', async () => {
  await using options = await makeOptions();
  await using stack = await startAll(options);
  await expect(stack.ready(AbortSignal.abort())).rejects.toMatchObject({ code: 'timed.out' });
});

test('starts one server alone, from its settings', async () => {
  await using options = await makeOptions();
  const engines = [{ origin: 'flag', keyedBy: 'name' as const, values: { dataFolder: options.dataFolder } }];
  const given = { origin: 'environment', keyedBy: 'variable' as const, values: { CECOCHAT_PROFILE_HTTP_PROT: '1' } };
  const { signal } = new AbortController();
  const bad = startOne('profile', { ...options, engines, settings: [given], signal });
  await expect(bad).rejects.toMatchObject({ code: 'settings.invalid', data: { adminToken: expect.any(String) } });
  const good = { ...given, values: { CECOCHAT_PROFILE_ADMIN_TOKEN: options.adminToken } };
  await using server = await startOne('profile', { ...options, engines, settings: [good], signal });
  expect((await fetch(`${server.httpAddress}/healthz`)).status).toBe(200);
});

test('describes every setting once', () => {
  const names = settingsReference().map(({ variable }) => variable);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('CECOCHAT_MESSAGING_SERVER_ID');
});
