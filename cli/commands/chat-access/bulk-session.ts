/**
 * A session for bulk work. The limits of ordinary sessions are made for people who type; who holds the
 * stack's administration token may ask profile for more, in the name of a user that he logged in as.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { callHttp } from '../../client/http-json.ts';
import { parseTokens, type Session, type SessionTokens } from '../../client/session.ts';
import type { StackAccess } from '../../stack/running-stack.ts';
import type { Environment } from '../environment.ts';

const limits = { sendsPerSecond: 1_000_000, sendsBurst: 1_000_000, sendsInFlight: 512 };
const marginMs = 60_000;

export async function openBulkSession(request: {
  readonly stack: StackAccess;
  readonly session: Session;
  readonly environment: Pick<Environment, 'clock'>;
  readonly signal: AbortSignal;
}): Promise<Session> {
  const { stack, session, environment } = request;
  if (stack.adminToken === '') return session;
  const ask = async (signal?: AbortSignal): Promise<SessionTokens> => {
    const url = `${stack.profileUrl}/api/admin/sessions`;
    const body = { username: session.name, clientId: session.clientId, limits };
    const abort = signal === undefined ? {} : { signal };
    return parseTokens(await callHttp({ url, method: 'POST', token: stack.adminToken, body, ...abort }), url);
  };
  let tokens: SessionTokens;
  try {
    tokens = await ask(request.signal);
  } catch (error) {
    // Not an administrator (any more): the ordinary limits hold.
    if (error instanceof CecochatError && error.retry === 'never') return session;
    throw error;
  }
  const renew = async (signal?: AbortSignal): Promise<string> => {
    tokens = await ask(signal);
    return tokens.accessToken;
  };
  return {
    userId: session.userId,
    clientId: session.clientId,
    name: session.name,
    get expiresAtMs() {
      return tokens.expiresAtMs;
    },
    renew,
    accessToken: (signal) =>
      tokens.expiresAtMs - environment.clock.nowMs() > marginMs ? Promise.resolve(tokens.accessToken) : renew(signal),
  };
}
