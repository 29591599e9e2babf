/**
 * A session of one client of one user: it gives an access token that is good for a while yet, and gets the
 * next one before the present one ends, by its refresh token or else by the password.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { parseClientId, parseUserId, type ClientId, type UserId } from '../../services/core/ids.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { callHttp, numberField, textField } from './http-json.ts';

/** What profile answers; plain JSON, so that it can be kept for the next run. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** When the access token ends, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly name: string;
}

export interface Session {
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly name: string;
  /** When the present token ends, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** A token that is good for a minute at least, renewed when needed. */
  accessToken(signal?: AbortSignal): Promise<string>;
  /** A fresh token whatever the present one's age: for when a server refused it or it is to be renewed on a stream. */
  renew(signal?: AbortSignal): Promise<string>;
}

export interface SessionDependencies {
  readonly profileUrl: string;
  readonly clock: Clock;
  /** Logs in again when the refresh token is no longer taken. */
  readonly password?: string;
  /** Called with every new pair of tokens, so that they can be kept. */
  readonly onTokens?: (tokens: SessionTokens) => void;
}

export interface Login {
  readonly profileUrl: string;
  readonly username: string;
  readonly password: string;
  /** The device's; a new one is made by profile when absent. */
  readonly clientId?: ClientId;
  readonly signal?: AbortSignal;
}

const marginMs = 60_000;

/** Errors: login.failed, login.limited, engine.unavailable. */
export async function login(request: Login): Promise<SessionTokens> {
  const { profileUrl, username, password, clientId, signal } = request;
  const body = { username, password, ...(clientId === undefined ? {} : { clientId }) };
  const url = `${profileUrl}/api/session`;
  return parseTokens(await callHttp({ url, method: 'POST', body, ...(signal === undefined ? {} : { signal }) }), url);
}

export function openSession(first: SessionTokens, dependencies: SessionDependencies): Session {
  const { profileUrl, clock, password, onTokens } = dependencies;
  let tokens = first;
  let renewal: Promise<string> | undefined;

  const renewOnce = async (signal?: AbortSignal): Promise<string> => {
    tokens = await fresh(signal);
    onTokens?.(tokens);
    return tokens.accessToken;
  };
  const fresh = async (signal?: AbortSignal): Promise<SessionTokens> => {
    const abort = signal === undefined ? {} : { signal };
    const { refreshToken, clientId, name } = tokens;
    if (refreshToken !== undefined) {
      const url = `${profileUrl}/api/session/refresh`;
      try {
        return parseTokens(await callHttp({ url, method: 'POST', body: { refreshToken }, ...abort }), url);
      } catch (error) {
        if (password === undefined || !(error instanceof CecochatError) || error.retry === 'backoff') throw error;
      }
    }
    if (password === undefined) {
      throw new CecochatError('unauthenticated', `the session of ${name} ended and cannot be renewed`, {
        hint: 'log in again',
      });
    }
    return login({ profileUrl, username: name, password, clientId, ...abort });
  };
  const renew = (signal?: AbortSignal): Promise<string> => {
    renewal ??= renewOnce(signal).finally(() => {
      renewal = undefined;
    });
    return renewal;
  };

  return {
    userId: first.userId,
    clientId: first.clientId,
    name: first.name,
    get expiresAtMs() {
      return tokens.expiresAtMs;
    },
    renew,
    accessToken: (signal) =>
      tokens.expiresAtMs - clock.nowMs() > marginMs ? Promise.resolve(tokens.accessToken) : renew(signal),
  };
}

/** Checks tokens that profile answered or that were kept in a file. Errors: internal. */
export function parseTokens(value: unknown, from: string): SessionTokens {
  const accessToken = textField(value, 'accessToken');
  const userId = parseUserId(textField(value, 'userId') ?? '');
  const clientId = parseClientId(textField(value, 'clientId') ?? '');
  const expiresAtMs = numberField(value, 'expiresAt');
  const name = textField(value, 'name');
  if (accessToken === undefined || userId === undefined || clientId === undefined) return notTokens(from);
  if (expiresAtMs === undefined || name === undefined) return notTokens(from);
  return { accessToken, refreshToken: textField(value, 'refreshToken'), expiresAtMs, userId, clientId, name };
}

/** The form that `parseTokens` reads back. */
export function tokensToJson(tokens: SessionTokens): object {
  const { accessToken, refreshToken, expiresAtMs, userId, clientId, name } = tokens;
  return { accessToken, refreshToken, expiresAt: expiresAtMs, userId: String(userId), clientId, name };
}

function notTokens(from: string): never {
  throw new CecochatError('internal', `${from} answered with something that is no session`);
}
