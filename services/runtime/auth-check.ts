/**
 * The cryptographic side of checking a token, by jose. Errors: unauthenticated, server.not_ready.
 */
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import type { Clock } from '../core/time/clock.ts';
import { dateAt } from '../core/time/date.ts';
import type { KeyStore } from './auth-keys.ts';
import { refuse } from './auth-refusal.ts';

const issuer = 'cecochat';
const audience = 'cecochat';
const algorithms = ['EdDSA'];
const clockTolerance = 5;
const requiredClaims = ['sub', 'client_id', 'name', 'iat', 'exp', 'jti'];

export async function checkToken(token: string, keys: KeyStore, clock: Clock): Promise<JWTPayload> {
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
    algorithms,
    issuer,
    audience,
    clockTolerance,
    requiredClaims,
    currentDate: dateAt(clock.nowMs()),
  });
  return payload;
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
