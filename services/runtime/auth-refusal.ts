/**
 * How a token is refused.
 */
import { CecochatError } from '../core/errors.ts';

const hint = 'get a new access token: POST /api/session or /api/session/refresh';

export function refuse(message: string, cause?: unknown): CecochatError {
  return new CecochatError('unauthenticated', message, { hint, cause });
}
