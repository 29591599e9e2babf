import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../services/core/time/clock.ts';
import { login, openSession, parseTokens, tokensToJson } from './session.ts';

const tokens = (accessToken: string, expiresAt: number): object => ({
  accessToken,
  refreshToken: 'again',
  expiresAt,
  userId: '9007199254740993',
  clientId: '11111111-1111-4111-8111-111111111111',
  name: 'bob',
});

interface FakeProfile extends AsyncDisposable {
  readonly url: string;
  readonly asked: string[];
}

async function startProfile(answer: (path: string, response: ServerResponse) => void): Promise<FakeProfile> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(request.url ?? '');
    request.resume();
    answer(request.url ?? '', response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('a session', () => {
  test('keeps a user id that no double can hold', async () => {
    await using profile = await startProfile((_path, response) => response.end(JSON.stringify(tokens('a', 1))));
    const given = await login({ profileUrl: profile.url, username: 'bob', password: 'x' });
    expect(given.userId).toBe(9_007_199_254_740_993n);
    expect(parseTokens(tokensToJson(given), 'a file')).toEqual(given);
  });

  test('gives its token while it is good, and renews it once for all who ask', async () => {
    const later = systemClock.nowMs() + 600_000;
    await using profile = await startProfile((_path, response) => response.end(JSON.stringify(tokens('new', later))));
    const clock = systemClock;
    const good = openSession(parseTokens(tokens('old', later), 'test'), { profileUrl: profile.url, clock });
    expect(await good.accessToken()).toBe('old');
    const ending = openSession(parseTokens(tokens('old', clock.nowMs() + 1000), 'test'), {
      profileUrl: profile.url,
      clock,
    });
    expect(await Promise.all([ending.accessToken(), ending.accessToken()])).toEqual(['new', 'new']);
    expect(profile.asked).toEqual(['/api/session/refresh']);
  });

  test('logs in again when its refresh token is no longer taken', async () => {
    await using profile = await startProfile((path, response) => {
      if (path === '/api/session') response.end(JSON.stringify(tokens('by password', 2 ** 43)));
      else response.writeHead(401).end(JSON.stringify({ code: 'unauthenticated', detail: 'it ended' }));
    });
    const session = openSession(parseTokens(tokens('old', 0), 'test'), {
      profileUrl: profile.url,
      clock: systemClock,
      password: 'x',
    });
    expect(await session.accessToken()).toBe('by password');
  });

  test('tells the code, hint and data of a problem', async () => {
    await using profile = await startProfile((_path, response) =>
      response
        .writeHead(429, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ code: 'login.limited', detail: 'wait', hint: 'later', data: { waitMs: '5' } })),
    );
    await expect(login({ profileUrl: profile.url, username: 'bob', password: 'x' })).rejects.toMatchObject({
      code: 'login.limited',
      message: 'wait',
      hint: 'later',
      data: { waitMs: '5' },
      retry: 'backoff',
    });
  });

  test('says which address cannot be reached', async () => {
    await expect(login({ profileUrl: 'http://127.0.0.1:1', username: 'bob', password: 'x' })).rejects.toMatchObject({
      code: 'engine.unavailable',
    });
  });
});
