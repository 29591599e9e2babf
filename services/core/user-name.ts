/**
 * What a user may be called. Names are Unicode in NFC and lower case: "Bob" and "bob" are one name, shown as "bob". They
 * stand in command lines, URLs and hints, so they have no spaces, look like no option and like no user id. A name that
 * was given before this rule stays what it is: only new ones are checked.
 */
import { CecochatError } from './errors.ts';

const mostCharacters = 64;

/** For people. */
export const userNameRule = `A name has 1 to ${mostCharacters} characters: letters and digits of any script, in lower case, and after the first also . _ - @ +; not digits only.`;

/** The one form of a name, in which it is stored and compared. */
export function canonicalUserName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** The canonical form of a new name. Error: request.invalid. */
export function checkUserName(name: string): string {
  const canonical = canonicalUserName(name);
  const fault = faultOf(canonical);
  if (fault === undefined) return canonical;
  const joined = canonical.trim().replaceAll(/\s+/gu, '.');
  const proposal = joined !== canonical && faultOf(joined) === undefined ? `such as "${joined}"; ` : '';
  throw new CecochatError('request.invalid', `the name ${quoted(name)} ${fault}`, {
    hint: `${proposal}${userNameRule}`,
  });
}

/** Half a sentence. */
function faultOf(canonical: string): string | undefined {
  const characters = Array.from(canonical);
  if (characters.length < 1 || characters.length > mostCharacters) {
    return `has ${characters.length} characters; 1 to ${mostCharacters} are possible`;
  }
  const strange = characters.find((character) => !/[\p{L}\p{M}\p{N}._@+-]/u.test(character));
  if (strange !== undefined) return `has ${shown(strange)} in it`;
  if (!/^[\p{L}\p{N}]/u.test(canonical)) return `begins with ${shown(characters[0] ?? '')}, not with a letter or digit`;
  return /^\p{N}+$/u.test(canonical) ? 'is a number, which stands for a user id' : undefined;
}

/** What cannot be seen, or changes how the rest is seen, by its number. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80)).replaceAll(/\p{C}/gu, (character) => `\\u${hexOf(character)}`);
}

function shown(character: string): string {
  if (character === ' ') return 'a space';
  return /[\p{C}\p{Z}\p{M}]/u.test(character) ? `the character U+${hexOf(character)}` : `"${character}"`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
