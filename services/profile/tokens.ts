/**
 * Signs access and refresh tokens: JWT (RFC 7519) with EdDSA over Ed25519 (RFC 8037), and publishes the keys.
 * Refresh tokens have an audience of their own, so neither passes for the other.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import type { SigningKey, UserDb } from '../user-db/user-db.ts';
import type { Clock } from '../core/time/clock.ts';
import type { Random } from '../core/random.ts';
import { CecochatError } from '../core/errors.ts';

export const issuer = 'cecochat';
export const accessAudience = 'cecochat';
export const refreshAudience = 'cecochat-refresh';

export type Claims = Readonly<Record<string, unknown>>;

export interface Tokens {
  /** Adds iss, aud, iat, exp, jti. */
  sign(claims: Claims, given: { audience: string; lifetimeMs: number }): { token: string; expiresAtMs: number };
  /** The claims of a token made here for this audience. Error: unauthenticated. */
  verify(token: string, audience: string): Claims;
  /** JSON Web Key Set (RFC 7517): public halves only. */
  readonly jwks: { readonly keys: readonly Claims[] };
}

interface LoadedKey {
  readonly keyId: string;
  readonly secret: KeyObject;
  readonly open: KeyObject;
}

/** The newest key signs, all verify. A first start makes the first one. */
export async function openTokens(deps: { userDb: UserDb; clock: Clock; random: Random }): Promise<Tokens> {
  const { userDb, clock, random } = deps;
  let stored = await userDb.signingKeys();
  if (stored.length === 0) {
    await userDb.addSigningKey(makeKey(clock, random));
    stored = await userDb.signingKeys();
  }
  const keys = stored.map(loadKey);
  const [newest] = keys;
  if (newest === undefined) throw new Error('the user database did not keep the signing key');

  return {
    jwks: { keys: keys.map(publicJwk) },
    sign(claims, { audience, lifetimeMs }) {
      const iat = Math.floor(clock.nowMs() / 1000);
      const exp = iat + Math.ceil(lifetimeMs / 1000);
      const jti = Buffer.from(random.bytes(12)).toString('base64url');
      const head = encode({ alg: 'EdDSA', typ: 'JWT', kid: newest.keyId });
      const body = `${head}.${encode({ ...claims, iss: issuer, aud: audience, iat, exp, jti })}`;
      const signature = sign(null, Buffer.from(body), newest.secret);
      return { token: `${body}.${signature.toString('base64url')}`, expiresAtMs: exp * 1000 };
    },
    verify(token, audience) {
      const [head = '', body = '', signature = '', more] = token.split('.');
      const { alg, kid } = decode(head);
      const key = keys.find(({ keyId }) => keyId === kid);
      const signed = Buffer.from(`${head}.${body}`);
      if (more !== undefined || alg !== 'EdDSA' || key === undefined) throw refuse('it was not made here');
      if (!verify(null, signed, key.open, Buffer.from(signature, 'base64url'))) throw refuse('its signature is wrong');
      const claims = decode(body);
      if (claims['iss'] !== issuer || claims['aud'] !== audience) throw refuse('it is for something else');
      if (typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= clock.nowMs()) throw refuse('it has expired');
      return claims;
    },
  };
}

function makeKey(clock: Clock, random: Random): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const keyId = Buffer.from(random.bytes(9)).toString('base64url');
  return { keyId, privateJwk: JSON.stringify(privateKey.export({ format: 'jwk' })), createdAtMs: clock.nowMs() };
}

function loadKey({ keyId, privateJwk }: SigningKey): LoadedKey {
  const secret = createPrivateKey({ key: JSON.parse(privateJwk), format: 'jwk' });
  return { keyId, secret, open: createPublicKey(secret) };
}

function publicJwk({ keyId, open }: LoadedKey): Claims {
  return { ...open.export({ format: 'jwk' }), kid: keyId, alg: 'EdDSA', use: 'sig' };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Empty for anything that is no JSON object. */
function decode(text: string): Claims {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function refuse(reason: string): CecochatError {
  return new CecochatError('unauthenticated', `the token cannot be used: ${reason}`, {
    hint: 'log in again: POST /api/session',
  });
}
