/**
 * Checks the administration token, in constant time. Errors: unauthenticated, forbidden.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { CecochatError } from '../core/errors.ts';

/** Takes the header "Bearer <administration token>". */
export type AdminCheck = (authorization: string | undefined) => void;

export function createAdminCheck(adminToken: string): AdminCheck {
  const expected = digest(adminToken);
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) {
      throw new CecochatError(
        'unauthenticated',
        'this needs the administration token: there is none in "authorization"',
        {
          hint: 'send "authorization: Bearer <adminToken of the stack>"',
        },
      );
    }
    if (timingSafeEqual(digest(given), expected)) return;
    throw new CecochatError('forbidden', 'this needs the administration token; the one given is another', {
      hint: "use the adminToken of this stack's settings",
    });
  };
}

/** Makes both sides equally long, as timingSafeEqual wants them. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
