/**
 * Checks access tokens: EdDSA only, issuer and audience "cecochat", keys from profile's JWKS, which is kept
 * and fetched again when a token names an unknown key. Verified tokens are remembered by their hash.
 * Errors: unauthenticated; server.not_ready while the keys cannot be fetched.
 */
import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { parseClientId, parseUserId, type ClientId, type UserId } from '../core/ids.ts';
import type { Clock } from '../core/time/clock.ts';
import { createKeyStore } from './auth-keys.ts';
import { refuse } from './auth-refusal.ts';

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

const maxTokenLength = 4096;
const maxRemembered = 50_000;

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
    // jose is loaded by the first token: 45 ms that a start does not have to wait for.
    const { checkToken } = await import('./auth-check.ts');
    const session = sessionOf(await checkToken(token, keys, clock));
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
