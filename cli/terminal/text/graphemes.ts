/**
 * Text as a reader sees it: user-perceived characters, and how many cells each takes. Lengths and places in
 * strings are in UTF-16 units.
 */
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const words = new Intl.Segmenter('und', { granularity: 'word' });
// Printable ASCII alone: one cell each, no cluster is longer than one unit.
const plain = /^[\u0020-\u007e]*$/;

// Letters, punctuation and lines that take one cell each and join with nothing in here.
const narrow =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03ff\u0400-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25cf]*$/;

export interface Grapheme {
  readonly text: string;
  /** 0, 1 or 2 cells. */
  readonly width: number;
}

export function graphemesOf(text: string): Grapheme[] {
  if (plain.test(text)) return Array.from(text, (character) => ({ text: character, width: 1 }));
  return Array.from(segmenter.segment(text), ({ segment }) => ({ text: segment, width: widthOf(segment) }));
}

/** In cells; the text has no escape sequences and no line feeds. */
export function widthOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** At most that many cells; "…" stands for what is left out. */
export function clip(text: string, width: number): string {
  if (width <= 0) return '';
  if (text.length <= width && narrow.test(text)) return text;
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const grapheme of graphemesOf(text)) {
    if (used + grapheme.width > width - 1) break;
    kept += grapheme.text;
    used += grapheme.width;
  }
  return `${kept}…`;
}

/** Start of the grapheme before `at`. */
export function graphemeBefore(text: string, at: number): number {
  if (at <= 0) return 0;
  // A cluster does not cross a line feed, so that one line is enough to look at.
  const start = text.lastIndexOf('\n', at - 2) + 1;
  if (text[at - 1] === '\n') return at - 1;
  let before = start;
  for (const { index } of segmenter.segment(text.slice(start, at))) before = start + index;
  return before;
}

/** End of the grapheme at `at`. */
export function graphemeAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const end = text.indexOf('\n', at);
  if (end === at) return at + 1;
  const line = text.slice(at, end === -1 ? undefined : end);
  for (const { segment } of segmenter.segment(line)) return at + segment.length;
  return text.length;
}

/** Start of the word before `at`. */
export function wordBefore(text: string, at: number): number {
  let before = 0;
  for (const { index, isWordLike } of words.segment(text.slice(0, at))) if (isWordLike === true) before = index;
  return before;
}

/** End of the word at or after `at`. */
export function wordAfter(text: string, at: number): number {
  for (const { index, segment, isWordLike } of words.segment(text.slice(at)))
    if (isWordLike === true) return at + index + segment.length;
  return text.length;
}
