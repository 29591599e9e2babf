/**
 * Logging in, renewing, and sessions for benchmarks. An unknown name and a wrong password give the same answer
 * after the same time. A refresh token ends with a new password or with its user.
 * Errors: login.failed, login.limited, unauthenticated, request.invalid.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CecochatError } from '../core/errors.ts';
import { parseClientId, type ClientId } from '../core/ids.ts';
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import { canonicalUserName } from '../core/user-name.ts';
import type { Account, UserDb } from '../user-db/user-db.ts';
import type { GuessLimit, GuessOutcome } from './guesses.ts';
import { unusableHash, type Passwords } from './passwords.ts';
import { accessAudience, refreshAudience, type Claims, type Tokens } from './tokens.ts';

export interface IssuedSession extends BenchSession {
  readonly refreshToken: string;
}

/** Not renewable: a benchmark ends before its token does. */
export interface BenchSession {
  readonly accessToken: string;
  /** When the access token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly userId: string;
  readonly clientId: string;
  readonly name: string;
}

export interface BenchLimits {
  readonly sendsPerSecond: number;
  readonly sendsBurst: number;
  readonly sendsInFlight: number;
}

export interface Sessions {
  logIn(given: {
    username: string;
    password: string;
    clientId?: string | undefined;
    remoteAddress: string;
  }): Promise<IssuedSession>;
  refresh(refreshToken: string): Promise<IssuedSession>;
  /** A session with limits of its own, for an administrator's bulk work in a user's name. Errors: user.unknown too. */
  withLimits(given: { username: string; clientId?: string | undefined; limits: BenchLimits }): Promise<BenchSession>;
  /** Sessions of the users bench-<first>, bench-<first + 1>, ..., which are made when they are missing. */
  bench(given: { first: number; count: number; limits: BenchLimits }): Promise<readonly BenchSession[]>;
}

export interface SessionsDeps {
  readonly userDb: UserDb;
  readonly clock: Clock;
  readonly random: Random;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly guessesByName: GuessLimit;
  readonly guessesByAddress: GuessLimit;
  readonly accessLifetimeMs: number;
  readonly refreshLifetimeMs: number;
}

/** Writes to the user database that are on their way at once; they share commits. */
const benchBatch = 200;

export function createSessions(deps: SessionsDeps): Sessions {
  const { userDb, clock, tokens, passwords } = deps;

  const issueAccess = (account: Account, clientId: ClientId, extra: Claims = {}): BenchSession => {
    const claims = { ...identity(account, clientId), ...extra };
    const access = tokens.sign(claims, { audience: accessAudience, lifetimeMs: deps.accessLifetimeMs });
    return {
      accessToken: access.token,
      expiresAt: access.expiresAtMs,
      userId: account.userId.toString(),
      clientId,
      name: account.name,
    };
  };
  const issue = (account: Account, clientId: ClientId): IssuedSession => {
    const claims = { ...identity(account, clientId), pw: passwordMark(account) };
    const refresh = tokens.sign(claims, { audience: refreshAudience, lifetimeMs: deps.refreshLifetimeMs });
    return { ...issueAccess(account, clientId), refreshToken: refresh.token };
  };
  const benchUser = async (name: string): Promise<Account> => {
    const found = await userDb.byName(name);
    return found ?? userDb.add({ name, passwordHash: unusableHash, createdAtMs: clock.nowMs() });
  };
  return {
    async logIn({ username, password, clientId, remoteAddress }) {
      const client = clientOf(clientId, deps.random);
      const name = canonicalUserName(username);
      const attempts = [deps.guessesByAddress.attempt(remoteAddress)];
      let outcome: GuessOutcome = 'unknown';
      try {
        attempts.push(deps.guessesByName.attempt(name));
        const account = await userDb.byName(name);
        const right = await passwords.matches(password, account?.passwordHash);
        outcome = right ? 'right' : 'wrong';
        if (right && account !== undefined) return issue(account, client);
      } finally {
        for (const attempt of attempts) attempt.settle(outcome);
      }
      throw new CecochatError('login.failed', 'the name or the password is wrong', {
        hint: 'check both; an administrator can set a new password: cecochat user password NAME',
      });
    },
    async refresh(refreshToken) {
      const claims = tokens.verify(refreshToken, refreshAudience);
      const account = typeof claims['name'] === 'string' ? await userDb.byName(claims['name']) : undefined;
      const client = typeof claims['client_id'] === 'string' ? parseClientId(claims['client_id']) : undefined;
      const same = account?.userId.toString() === claims['sub'] && passwordMark(account) === claims['pw'];
      if (account === undefined || client === undefined || !same) {
        throw new CecochatError('unauthenticated', 'the session has ended: its user or password was changed', {
          hint: 'log in again: POST /api/session',
        });
      }
      return issue(account, client);
    },
    async withLimits({ username, clientId, limits }) {
      const client = clientOf(clientId, deps.random);
      const account = await userDb.byName(canonicalUserName(username));
      if (account === undefined) {
        throw new CecochatError('user.unknown', `there is no user ${JSON.stringify(username)}`);
      }
      return issueAccess(account, client, { limits });
    },
    async bench({ first, count, limits }) {
      const sessions: BenchSession[] = [];
      while (sessions.length < count) {
        const start = first + sessions.length;
        const size = Math.min(benchBatch, count - sessions.length);
        const accounts = await Promise.all(Array.from({ length: size }, (_, i) => benchUser(`bench-${start + i}`)));
        for (const account of accounts) sessions.push(issueAccess(account, makeClientId(deps.random), { limits }));
        // Signing a batch holds the process up for some 10 ms; let others have their turn.
        await setImmediate();
      }
      return sessions;
    },
  };
}

/** The given one, or a new one. */
function clientOf(clientId: string | undefined, random: Random): ClientId {
  const client = clientId === undefined ? makeClientId(random) : parseClientId(clientId);
  if (client !== undefined) return client;
  throw new CecochatError('request.invalid', `clientId ${JSON.stringify(clientId)} is no UUID in lower case`);
}

function identity(account: Account, clientId: ClientId): Claims {
  return { sub: account.userId.toString(), client_id: clientId, name: account.name };
}

/** Changes with the password, tells nothing about it. */
function passwordMark(account: Account | undefined): string {
  return createHash('sha256')
    .update(account?.passwordHash ?? '')
    .digest('base64url')
    .slice(0, 16);
}

/** A random UUID (RFC 9562, version 4). */
function makeClientId(random: Random): ClientId {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  const id = parseClientId(parts.join('-'));
  if (id === undefined) throw new Error(`made "${hex}", which is no UUID`);
  return id;
}
