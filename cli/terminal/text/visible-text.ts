/**
 * What others wrote, made harmless for a terminal: no control, no escape, no change of the reading direction,
 * nothing invisible that fakes another text. Such a character is shown as \u{202e}. Lines stay lines.
 */

const most = 32;
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const harmless = /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u052f\u3041-\u30ff\u4e00-\u9fff\n]*$/;
// Subdivision flags (England, Texas): a black flag, tag characters, the tag that ends them.
const flag = /\u{1f3f4}[\u{e0061}-\u{e007a}\u{e0030}-\u{e0039}]{3,6}\u{e007f}/gu;
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const joined =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{M}]|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Malayalam}|\p{Script=Kannada}|\p{Script=Sinhala}|\p{Script=Telugu}|\p{Script=Gujarati}|\p{Script=Tamil}/u;

/** "\r\n" and "\n" stay line feeds, a tab becomes four spaces. */
export function visibleText(text: string): string {
  if (harmless.test(text)) return text;
  const parts: string[] = [];
  let from = 0;
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\t', '    ');
  for (const match of lines.matchAll(flag)) {
    parts.push(show(lines.slice(from, match.index)), match[0]);
    from = match.index + match[0].length;
  }
  parts.push(show(lines.slice(from)));
  return parts.join('');
}

/** The same on one line: a line feed is shown as ↵. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', ' ↵ ');
}

function show(text: string): string {
  const shown = text.replaceAll(hidden, (character, at: number) =>
    stays(text, character, at) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return thin(shown);
}

function stays(text: string, character: string, at: number): boolean {
  if (character === '\n') return true;
  // A variation selector after something visible; the joiners where scripts and emoji need them.
  const before = lastOf(text.slice(Math.max(0, at - 2), at));
  if (character >= '\ufe00' && character <= '\ufe0f') return before !== '' && !/[\s\p{Cc}]/u.test(before);
  const joiner = character === '\u200d' || character === '\u200c';
  return joiner && joined.test(before) && joined.test(firstOf(text.slice(at + 1, at + 3)));
}

/** A heap of marks on one letter would cover the lines around it. */
function thin(text: string): string {
  if (!/\p{M}{3}/u.test(text)) return text;
  return Array.from(segmenter.segment(text), ({ segment }) => {
    const characters = Array.from(segment);
    const marks = characters.filter((character) => /\p{M}/u.test(character)).length;
    return characters.length > most || marks > 6 ? characters.slice(0, 4).join('') : segment;
  }).join('');
}

function firstOf(text: string): string {
  return Array.from(text)[0] ?? '';
}

function lastOf(text: string): string {
  return Array.from(text).at(-1) ?? '';
}

/** The same length as the text: each hidden character is a visible sign, so that places in both agree. */
export function maskedText(text: string): string {
  if (harmless.test(text)) return text;
  return text.replaceAll(hidden, (character, at: number) =>
    stays(text, character, at) ? character : '\ufffd'.repeat(character.length),
  );
}
