import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isErrorCode } from '../core/errors.ts';
import { createAuthenticator } from '../runtime/auth.ts';
import { ask, describeServer, openTestContext } from '../runtime/server.contract.ts';
import { settingsWith } from '../runtime/settings.ts';
import type { ServerContext } from '../runtime/server.ts';
import { startProfile } from './main.ts';
import { createPasswords } from './passwords.ts';
import { profileSettings } from './settings.ts';

const adminToken = 'the-administration-token';
const start = (context: Omit<ServerContext<never>, 'settings'>, httpPort = 0) =>
  startProfile({ ...context, settings: settingsWith(profileSettings, { httpPort, adminToken, scryptN: 1024 }) });

describeServer('profile', start);

/** A profile with bob, and what his login gives. */
async function openWithBob() {
  const context = await openTestContext();
  const server = await start(context);
  await server.seedUsers([{ name: 'bob', userId: '1', password: 'the password of bob' }]);
  const logIn = (body: object) => ask(`${server.httpAddress}/api/session`, { method: 'POST', body });
  const admin = (path: string, method = 'GET', body?: unknown) =>
    ask(`${server.httpAddress}${path}`, { method, token: adminToken, body });
  return {
    url: server.httpAddress,
    clock: context.clock,
    random: context.random,
    userDb: context.engines.userDb,
    logIn,
    admin,
    bob: { username: 'bob', password: 'the password of bob' },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await context[Symbol.asyncDispose]();
    },
  };
}

const textOf = (body: unknown, name: string): string => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : '';
};

test('logs in with a token that others can check by the published keys', async () => {
  await using profile = await openWithBob();
  const clientId = '00000000-0000-4000-8000-000000000001';
  const { status, body } = await profile.logIn({ ...profile.bob, username: 'BOB', clientId });
  expect(status).toBe(200);
  expect(body).toMatchObject({ userId: '1', name: 'bob', clientId, expiresAt: expect.any(Number) });
  await using auth = createAuthenticator({ jwksUrl: `${profile.url}/.well-known/jwks.json`, clock: profile.clock });
  const session = await auth.authenticate(`Bearer ${textOf(body, 'accessToken')}`);
  expect(session).toMatchObject({ userId: 1n, name: 'bob', clientId, limits: undefined });
  await expect(auth.verify(textOf(body, 'refreshToken'))).rejects.toMatchObject({ code: 'unauthenticated' });
  const keys = JSON.stringify((await ask(`${profile.url}/.well-known/jwks.json`)).body);
  expect(keys).not.toContain('"d"');
});

test('refuses tokens that are expired, of another key, unsigned, of another kind or for somebody else', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  const [head = '', claims = '', signature = ''] = textOf(body, 'accessToken').split('.');
  const decode = (part: string): object => {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? value : {};
  };
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const { privateKey } = generateKeyPairSync('ed25519');
  const resign = (part: string, other: string): string =>
    `${part}.${other}.${sign(null, Buffer.from(`${part}.${other}`), privateKey).toString('base64url')}`;
  const hmac = encode({ ...decode(head), alg: 'HS256' });
  const jwks = JSON.stringify((await ask(`${profile.url}/.well-known/jwks.json`)).body);
  const bad = {
    none: `${encode({ alg: 'none' })}.${claims}.`,
    'none with a key id': `${encode({ ...decode(head), alg: 'none' })}.${claims}.`,
    'another key under the same id': resign(head, claims),
    'an unknown key': resign(encode({ ...decode(head), kid: 'other' }), claims),
    'an HMAC with the public key': `${hmac}.${claims}.${createHmac('sha256', jwks).update(`${hmac}.${claims}`).digest('base64url')}`,
    'other claims': `${head}.${encode({ ...decode(claims), sub: '2' })}.${signature}`,
    'a later end': `${head}.${encode({ ...decode(claims), exp: 99_999_999_999 })}.${signature}`,
    'a refresh token': textOf(body, 'refreshToken'),
    'no token': '',
    'half a token': `${head}.${claims}`,
    long: `${head}.${claims}.${'A'.repeat(5_000)}`,
  };
  await using auth = createAuthenticator({ jwksUrl: `${profile.url}/.well-known/jwks.json`, clock: profile.clock });
  for (const [name, token] of Object.entries(bad)) {
    await expect(auth.authenticate(`Bearer ${token}`), name).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await ask(`${profile.url}/api/users/by-name/bob`, { token })).status, name).toBe(401);
  }
});

test('refuses a token after its end', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  const later = { ...profile.clock, nowMs: () => profile.clock.nowMs() + 3_606_000 };
  await using auth = createAuthenticator({ jwksUrl: `${profile.url}/.well-known/jwks.json`, clock: later });
  const refused = auth.verify(textOf(body, 'accessToken'));
  await expect(refused).rejects.toMatchObject({ code: 'unauthenticated', message: 'the access token has expired' });
});

test('says the same of an unknown name and of a wrong password', async () => {
  await using profile = await openWithBob();
  const wrong = await profile.logIn({ ...profile.bob, password: 'not it' });
  const unknown = await profile.logIn({ username: 'nobody', password: 'not it' });
  expect(wrong).toMatchObject({ status: 401, body: { code: 'login.failed' } });
  expect(unknown).toEqual(wrong);
});

test('makes whoever guesses wait, and says how long', async () => {
  await using profile = await openWithBob();
  for (let i = 0; i < 5; i += 1) await profile.logIn({ ...profile.bob, password: `guess ${i}` });
  const limited = await profile.logIn(profile.bob);
  expect(limited).toMatchObject({
    status: 429,
    body: { code: 'login.limited', retry: 'backoff', data: { retryAfterMs: expect.stringMatching(/^[0-9]+$/) } },
  });
});

test('renews a session for the same client, until the password changes', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  const refresh = (token: string) =>
    ask(`${profile.url}/api/session/refresh`, { method: 'POST', body: { refreshToken: token } });
  const renewed = await refresh(textOf(body, 'refreshToken'));
  expect(renewed).toMatchObject({ status: 200, body: { clientId: textOf(body, 'clientId'), userId: '1' } });
  expect(await refresh(textOf(body, 'accessToken'))).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect((await profile.admin('/api/users/bob/password', 'PUT', { password: 'something else' })).status).toBe(200);
  expect((await refresh(textOf(renewed.body, 'refreshToken'))).status).toBe(401);
  expect((await profile.logIn({ ...profile.bob, password: 'something else' })).status).toBe(200);
});

test('administers users', async () => {
  await using profile = await openWithBob();
  const added = await profile.admin('/api/users', 'POST', { name: 'Zoë' });
  expect(added).toMatchObject({ status: 201, body: { name: 'zoë', password: expect.any(String) } });
  const again = await profile.admin('/api/users', 'POST', { name: 'ZOE\u0308', password: 'long enough' });
  expect(again).toMatchObject({ status: 409, body: { code: 'user.exists' } });
  expect((await profile.logIn({ username: 'zoë', password: textOf(added.body, 'password') })).status).toBe(200);
  const first = await profile.admin('/api/users?limit=1');
  expect(first.body).toMatchObject({ users: [{ name: 'bob' }], next: 'bob' });
  expect((await profile.admin('/api/users?after=bob')).body).toMatchObject({ users: [{ name: 'zoë' }] });
  expect((await profile.admin('/api/users/zoë', 'DELETE')).status).toBe(204);
  expect(await profile.admin('/api/users/zoë', 'DELETE')).toMatchObject({
    status: 404,
    body: { code: 'user.unknown' },
  });
});

test('answers no administration without its token', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  expect((await ask(`${profile.url}/api/users`)).status).toBe(401);
  const withAccess = await ask(`${profile.url}/api/users`, { token: textOf(body, 'accessToken') });
  expect(withAccess).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

test.each(['', 'x'.repeat(65), 'x'.repeat(300), 'john doe', '-5'])('the name %j is refused', async (name) => {
  await using profile = await openWithBob();
  const { status, body } = await profile.admin('/api/users', 'POST', { name });
  expect([status, textOf(body, 'code')]).toEqual([400, 'request.invalid']);
});

test('a user whose name is older than the rule for names goes on', async () => {
  await using profile = await openWithBob();
  const password = 'the password of john';
  const { random } = profile;
  const passwords = createPasswords({ random, cost: { N: 1024, r: 8, p: 1 }, parallel: 1 });
  const passwordHash = await passwords.hash(password);
  await profile.userDb.add({ name: 'john doe', passwordHash, createdAtMs: 0 });
  const { status, body } = await profile.logIn({ username: 'John Doe', password });
  expect([status, textOf(body, 'name')]).toEqual([200, 'john doe']);
  expect((await profile.admin('/api/users')).body).toMatchObject({ users: [{ name: 'bob' }, { name: 'john doe' }] });
  expect((await profile.admin('/api/users/john%20doe', 'DELETE')).status).toBe(204);
});

test('tells a user the id of another, by name', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  const token = textOf(body, 'accessToken');
  expect((await ask(`${profile.url}/api/users/by-name/Bob`, { token })).body).toEqual({ userId: '1', name: 'bob' });
  expect((await ask(`${profile.url}/api/users/by-name/eve`, { token })).body).toMatchObject({ code: 'user.unknown' });
  expect((await ask(`${profile.url}/api/users/by-name/bob`)).status).toBe(401);
});

test('tells a user the name of another, by id', async () => {
  await using profile = await openWithBob();
  const { body } = await profile.logIn(profile.bob);
  const token = textOf(body, 'accessToken');
  expect((await ask(`${profile.url}/api/users/by-id/1`, { token })).body).toEqual({ userId: '1', name: 'bob' });
  for (const id of ['99', '0', '-1', 'bob', '99999999999999999999']) {
    const { body: refused } = await ask(`${profile.url}/api/users/by-id/${id}`, { token });
    expect(refused).toMatchObject({ code: 'user.unknown' });
  }
  expect((await ask(`${profile.url}/api/users/by-id/1`)).status).toBe(401);
});

test('issues bench sessions with limits of their own, twice for the same users', async () => {
  await using profile = await openWithBob();
  const limits = { sendsPerSecond: 1000, sendsBurst: 2000, sendsInFlight: 50 };
  const bench = () => profile.admin('/api/admin/bench-sessions', 'POST', { count: 1200, limits });
  const { status, body } = await bench();
  expect(status).toBe(200);
  const [session] =
    typeof body === 'object' && body !== null && 'sessions' in body && Array.isArray(body.sessions)
      ? body.sessions
      : [];
  await using auth = createAuthenticator({ jwksUrl: `${profile.url}/.well-known/jwks.json`, clock: profile.clock });
  const checked = await auth.verify(textOf(session, 'accessToken'));
  expect(checked).toMatchObject({ name: 'bench-1', limits });
  expect((await bench()).body).toMatchObject({ sessions: { length: 1200, 0: { userId: checked.userId.toString() } } });
  expect((await profile.logIn({ username: 'bench-1', password: 'none' })).status).toBe(401);
});

test('issues a session of a user with limits of its own to an administrator only', async () => {
  await using profile = await openWithBob();
  const limits = { sendsPerSecond: 1000, sendsBurst: 2000, sendsInFlight: 50 };
  const clientId = '11111111-1111-4111-8111-111111111111';
  const { body } = await profile.admin('/api/admin/sessions', 'POST', { username: 'Bob', clientId, limits });
  await using auth = createAuthenticator({ jwksUrl: `${profile.url}/.well-known/jwks.json`, clock: profile.clock });
  expect(await auth.verify(textOf(body, 'accessToken'))).toMatchObject({ name: 'bob', clientId, limits });
  const unknown = await profile.admin('/api/admin/sessions', 'POST', { username: 'eve', limits });
  expect(unknown).toMatchObject({ status: 404, body: { code: 'user.unknown' } });
  expect(
    (await ask(`${profile.url}/api/admin/sessions`, { method: 'POST', body: { username: 'bob', limits } })).status,
  ).toBe(401);
});

test('keeps its signing key over a restart', async () => {
  await using context = await openTestContext();
  const keys = async () => {
    await using server = await start(context);
    return (await ask(`${server.httpAddress}/.well-known/jwks.json`)).body;
  };
  expect(await keys()).toEqual(await keys());
});

test('answers every body with a listed code and stays alive', async () => {
  await using profile = await openWithBob();
  const paths = [
    '/api/session',
    '/api/session/refresh',
    '/api/users',
    '/api/admin/bench-sessions',
    '/api/admin/sessions',
  ];
  const field = fc.constantFrom(
    'username',
    'password',
    'clientId',
    'name',
    'userId',
    'refreshToken',
    'count',
    'limits',
  );
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.oneof(fc.string(), fc.jsonValue())));
  const property = fc.asyncProperty(fc.constantFrom(...paths), body, async (path, value) => {
    const answer = await profile.admin(path, 'POST', value);
    expect([200, 201, 204, 400, 401, 409, 413, 429]).toContain(answer.status);
    const code = textOf(answer.body, 'code');
    expect(isErrorCode(code)).toBe(answer.status >= 400);
  });
  await fc.assert(property, { numRuns: 100 });
  expect((await ask(`${profile.url}/healthz`)).status).toBe(200);
});
