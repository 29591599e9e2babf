/**
 * Styled text for rows. Meaning never rests on colour: with NO_COLOR the same text is bold, dim or inverse only.
 * Colours are the terminal's own few, which its user can read.
 */
import { clip, widthOf } from '../text/graphemes.ts';

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly inverse: (text: string) => string;
  readonly own: (text: string) => string;
  readonly other: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** One row of a pane: what stands at its left, and what at its right edge; styled, and how wide each is. */
export interface Line {
  readonly left: string;
  readonly right: string;
  readonly rightWidth: number;
}

export const emptyLine: Line = { left: '', right: '', rightWidth: 0 };

export function createPaint(colours: boolean): Paint {
  const wrap =
    (open: number, close: number) =>
    (text: string): string =>
      text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;
  const colour = (open: number): ((text: string) => string) => (colours ? wrap(open, 39) : (text) => text);
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    inverse: wrap(7, 27),
    own: colour(36),
    other: colour(32),
    good: colour(32),
    // Yellow is not to be read on white.
    warn: colour(35),
    bad: colour(31),
  };
}

/** Plain texts, each with how it is painted; the left one gives way when there is no room for both. */
export function lineOf(
  width: number,
  left: { readonly text: string; readonly paint?: (text: string) => string },
  right: { readonly text: string; readonly paint?: (text: string) => string } = { text: '' },
): Line {
  const rightText = clip(right.text, Math.max(0, width - 1));
  const rightWidth = widthOf(rightText);
  const leftText = clip(left.text, width - (rightWidth === 0 ? 0 : rightWidth + 1));
  return {
    left: left.paint === undefined ? leftText : left.paint(leftText),
    right: right.paint === undefined ? rightText : right.paint(rightText),
    rightWidth,
  };
}

/** "──── label ────" */
export function rule(width: number, label = ''): string {
  if (label === '') return '─'.repeat(Math.max(0, width));
  const text = clip(` ${label} `, Math.max(0, width - 2));
  const rest = Math.max(0, width - widthOf(text));
  return '─'.repeat(Math.floor(rest / 2)) + text + '─'.repeat(Math.ceil(rest / 2));
}
