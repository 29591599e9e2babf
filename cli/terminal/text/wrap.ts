/**
 * Lines of at most so many cells, broken between words, and inside a word that is longer than a line. Never
 * inside a user-perceived character.
 */
import { graphemesOf, widthOf, type Grapheme } from './graphemes.ts';

export interface WrappedLine {
  readonly text: string;
  /** Where it starts in the whole text, in UTF-16 units. */
  readonly start: number;
}

/** One line at least. The space at which a line is broken belongs to none of its sides' widths, and to the upper line. */
export function wrap(text: string, width: number): WrappedLine[] {
  const lines: WrappedLine[] = [];
  let start = 0;
  for (const paragraph of text.split('\n')) {
    if (widthOf(paragraph) <= width) lines.push({ text: paragraph, start });
    else lines.push(...wrapParagraph(paragraph, start, Math.max(2, width)));
    start += paragraph.length + 1;
  }
  return lines;
}

function wrapParagraph(paragraph: string, start: number, width: number): WrappedLine[] {
  const lines: WrappedLine[] = [];
  let line: Grapheme[] = [];
  let used = 0;
  /** Graphemes of the line up to and including its last space. */
  let breakAt = 0;
  let at = start;

  const end = (count: number): void => {
    const text = textOf(line.slice(0, count));
    lines.push({ text, start: at });
    at += text.length;
    line = line.slice(count);
    used = line.reduce((sum, grapheme) => sum + grapheme.width, 0);
    breakAt = 0;
  };
  for (const grapheme of graphemesOf(paragraph)) {
    const space = grapheme.text === ' ';
    // A space may hang over the edge.
    while (!space && line.length > 0 && used + grapheme.width > width) end(breakAt > 0 ? breakAt : line.length);
    line.push(grapheme);
    used += grapheme.width;
    if (space || grapheme.width === 2) breakAt = line.length;
    if (space && used > width) end(line.length);
  }
  if (line.length > 0) end(line.length);
  return lines;
}

function textOf(graphemes: readonly Grapheme[]): string {
  return graphemes.map(({ text }) => text).join('');
}
