/**
 * User names: Unicode in NFC, lower case, 1 to 64 characters, without control characters or spaces at the
 * ends, and not a number, which would read as a user id. So "Bob" and "bob" are one name, shown as "bob".
 */
import { CecochatError } from '../core/errors.ts';

const maxCharacters = 64;

/** The one form of a name, in which it is stored and compared. */
export function canonicalName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** The canonical form, or request.invalid. */
export function checkName(name: string): string {
  const canonical = canonicalName(name);
  const length = Array.from(canonical).length;
  const shown = JSON.stringify(name.slice(0, 80));
  if (length < 1 || length > maxCharacters) {
    throw new CecochatError('request.invalid', `the name ${shown} has ${length} characters; 1 to 64 are possible`);
  }
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(canonical)) {
    throw new CecochatError('request.invalid', `the name ${shown} has control characters`);
  }
  if (/^[+-]?\d+$/.test(canonical)) {
    throw new CecochatError('request.invalid', `the name ${shown} is a number, which stands for a user id`, {
      hint: 'put a letter into it',
    });
  }
  if (canonical.trim() !== canonical) {
    throw new CecochatError('request.invalid', `the name ${shown} begins or ends with a space`);
  }
  return canonical;
}
