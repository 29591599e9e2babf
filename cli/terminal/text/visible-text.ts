/**
 * What others wrote, made harmless for a terminal: no control, no escape, no change of the reading direction,
 * nothing invisible that fakes another text. Such a character is shown as \u{202e}; where emoji and scripts need
 * one, it stays. Lines stay lines. The one rule for every text from others, in all commands.
 */

// Nothing here is invisible or joins with its neighbours.
const harmless =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u0482\u048a-\u052f\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\n]*$/;

/**
 * Emoji as UTS #51 (ED-14 to ED-16) builds them: keycaps, a region's flag by tags, one sign with its skin tone or
 * its presentation, and several of these joined.
 */
const emojiPart = [
  '[#*0-9]\\ufe0f\\u20e3',
  '\\u{1f3f4}[\\u{e0061}-\\u{e007a}\\u{e0030}-\\u{e0039}]{3,6}\\u{e007f}',
  '\\p{Emoji_Modifier_Base}\\p{Emoji_Modifier}',
  '\\p{Extended_Pictographic}[\\ufe0e\\ufe0f]?',
].join('|');
const emoji = `(?:${emojiPart})(?:\\u200d(?:${emojiPart}))*`;

/** Of Indic scripts: joins two consonants; behind it a joiner says how (canonical combining class 9). */
const virama =
  '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d3b\\u0d3c\\u0d4d\\u0dca\\u1039\\u17d2\\u1a60\\u1b44\\u1bab\\ua953\\ua9c0\\uaaf6\\uabed]';
const joined = [
  // RFC 5892, A.1 and A.2.
  `(?<=${virama})[\\u200c\\u200d]`,
  // Bengali ra-yaphala, Sinhala touching letters.
  `(?<=\\p{L})\\u200d(?=${virama})`,
  '(?<=(?=\\p{L})\\p{Script=Arabic}\\p{Mn}{0,4})\\u200c(?=\\p{Script=Arabic})',
].join('|');

/** One that chooses a form of the sign before it. */
const variants = [
  '(?<=\\p{Ideographic})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  '(?<=[\\p{Sm}\\p{Script=Myanmar}])\\ufe00',
  '(?<=(?=\\p{L})\\p{Script=Mongolian})[\\u180b-\\u180f]',
].join('|');

const braille = '[\\u2801-\\u28ff]';
/** An empty cell beside a written one. */
const emptyCell = `(?<=${braille})\\u2800+(?=${braille}|\\n|$)|(?<=^|\\n)\\u2800+(?=${braille})`;
const hidden = '(?!\\n)[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u2800]';
const parts = new RegExp(`(${emoji}|${joined}|${variants}|${emptyCell})|${hidden}`, 'gu');

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** Of one user-perceived character: more code points, or more marks, cover what stands around it. */
const most = { codePoints: 32, marks: 6, left: 4 };

/** "\r\n" and "\n" stay line feeds, a tab becomes four spaces. */
export function visibleText(text: string): string {
  if (harmless.test(text)) return text;
  return thin(replaceHidden(text.replaceAll('\r\n', '\n').replaceAll('\t', '    '), escaped));
}

/** The same on one line: a line feed is shown as ↵. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', ' ↵ ');
}

/** The same length as the text: each hidden character is a visible sign, so that places in both agree. */
export function maskedText(text: string): string {
  return harmless.test(text) ? text : replaceHidden(text, (character) => '\ufffd'.repeat(character.length));
}

function replaceHidden(text: string, sign: (character: string) => string): string {
  return text.replaceAll(parts, (character, kept: string | undefined) => kept ?? sign(character));
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** A heap of marks on one letter would cover the lines around it. */
function thin(text: string): string {
  if (!/\p{M}{3}/u.test(text)) return text;
  return Array.from(segmenter.segment(text), ({ segment }) => {
    const characters = Array.from(segment);
    const marks = characters.filter((character) => /\p{M}/u.test(character)).length;
    const heap = characters.length > most.codePoints || marks > most.marks;
    return heap ? characters.slice(0, most.left).join('') : segment;
  }).join('');
}
