/**
 * Checks access tokens: EdDSA only, issuer and audience "cecochat", keys from profile's JWKS, which is kept
 * and fetched again when a token names an unknown key. Verified tokens are remembered by their hash.
 * Errors: unauthenticated; server.not_ready while the keys cannot be fetched.
 */
import { createHash } from 'node:crypto';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { CecochatError } from '../core/errors.ts';
import { parseClientId, parseUserId, type ClientId, type UserId } from '../core/ids.ts';
import type { Clock } from '../core/time/clock.ts';
import { dateAt } from '../core/time/date.ts';
import { createKeyStore, type KeyStore } from './auth-keys.ts';

/** Limits that differ from the server's own: bench sessions only. */
export interface SessionLimits {
  readonly sendsPerSecond: number;
  readonly sendsBurst: number;
  readonly sendsInFlight: number;
}

export interface Session {
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly name: string;
  readonly expiresAtMs: number;
  readonly limits: SessionLimits | undefined;
}

export interface Authenticator extends AsyncDisposable {
  /** Takes the header "Bearer <token>". */
  authenticate(authorization: string | undefined): Promise<Session>;
  verify(token: string): Promise<Session>;
  /** Why it cannot check tokens yet, in words. */
  notReady(): readonly string[];
}

export const tokenIssuer = 'cecochat';
export const tokenAudience = 'cecochat';
export const tokenAlgorithm = 'EdDSA';

const maxTokenLength = 4096;
const maxRemembered = 50_000;
const clockToleranceSeconds = 5;
const again = 'get a new access token: POST /api/session or /api/session/refresh';

/** Starts fetching the keys at once. */
export function createAuthenticator(deps: { jwksUrl: string; clock: Clock }): Authenticator {
  const { clock } = deps;
  const keys = createKeyStore(deps);
  const remembered = new Map<string, Session>();

  const verify = async (token: string): Promise<Session> => {
    if (token.length > maxTokenLength) throw refuse('the access token is longer than 4096 characters');
    const hash = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(hash);
    if (known !== undefined && known.expiresAtMs > clock.nowMs()) return known;
    const session = sessionOf(await check(token, keys, clock));
    if (remembered.size >= maxRemembered) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(hash, session);
    return session;
  };
  return {
    verify,
    async authenticate(authorization) {
      const token = /^Bearer +([\w.-]+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) {
        const what = authorization === undefined ? 'there is no' : 'this is not "Bearer <access token>" in the';
        throw refuse(`${what} "authorization" header`);
      }
      return verify(token);
    },
    notReady: () => keys.notReady(),
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  };
}

async function check(token: string, keys: KeyStore, clock: Clock): Promise<JWTPayload> {
  try {
    return await checkWith(token, await keys.current(), clock);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw asRefusal(error);
  }
  try {
    return await checkWith(token, await keys.refreshed(), clock);
  } catch (error) {
    throw asRefusal(error);
  }
}

async function checkWith(token: string, keySet: JSONWebKeySet, clock: Clock): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, createLocalJWKSet(keySet), {
    algorithms: [tokenAlgorithm],
    issuer: tokenIssuer,
    audience: tokenAudience,
    clockTolerance: clockToleranceSeconds,
    currentDate: dateAt(clock.nowMs()),
    requiredClaims: ['sub', 'client_id', 'name', 'iat', 'exp', 'jti'],
  });
  return payload;
}

function sessionOf(payload: JWTPayload): Session {
  const userId = parseUserId(payload.sub ?? '');
  const clientId = typeof payload['client_id'] === 'string' ? parseClientId(payload['client_id']) : undefined;
  const name = payload['name'];
  if (userId === undefined) throw refuse('the access token\'s "sub" is no user id');
  if (clientId === undefined) throw refuse('the access token\'s "client_id" is no UUID');
  if (typeof name !== 'string') throw refuse('the access token\'s "name" is no text');
  return { userId, clientId, name, expiresAtMs: (payload.exp ?? 0) * 1000, limits: limitsOf(payload['limits']) };
}

function limitsOf(value: unknown): SessionLimits | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const read = (name: string): number => {
    const found: unknown = Reflect.get(value, name);
    if (typeof found === 'number' && Number.isInteger(found) && found > 0) return found;
    throw refuse(`the access token's "limits.${name}" is no positive number`);
  };
  return {
    sendsPerSecond: read('sendsPerSecond'),
    sendsBurst: read('sendsBurst'),
    sendsInFlight: read('sendsInFlight'),
  };
}

function asRefusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refuse('the access token has expired', error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuse(`the access token's claim "${error.claim}" is not what it must be`, error);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('the access token is not signed with EdDSA', error);
  if (error instanceof errors.JWKSNoMatchingKey) return refuse('the access token is signed with an unknown key', error);
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refuse('the signature of the access token is wrong', error);
  }
  return error instanceof errors.JOSEError ? refuse('the access token is malformed', error) : error;
}

function refuse(message: string, cause?: unknown): CecochatError {
  return new CecochatError('unauthenticated', message, { hint: again, cause });
}
