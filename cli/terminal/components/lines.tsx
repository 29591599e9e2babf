/**
 * Rows of a pane. In a frame that a painter puts together each row is one sign that stands for it, so that ink
 * lays out a grid of a few cells however large the screen is; without a painter the rows are ink's own text.
 */
import { Text, Transform } from 'ink';
import { createContext, useContext, type ReactElement } from 'react';
import { widthOf } from '../text/graphemes.ts';
import { emptyLine, type Line } from '../view/paint.ts';

export interface PlacedLine {
  readonly line: Line;
  /** Cells from the left edge of the screen. */
  readonly x: number;
  readonly width: number;
}

/** Keeps rows for the frame that is being drawn. */
export interface Slots {
  /** A sign, one cell wide, that stands for the row. */
  put(placed: PlacedLine): string;
}

export const SlotsContext = createContext<Slots | undefined>(undefined);

export interface LinesProps {
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly Line[];
}

export function Lines({ x, width, height, lines }: LinesProps): ReactElement | null {
  const slots = useContext(SlotsContext);
  if (height <= 0 || width <= 0) return null;
  // What ink measures and remembers is blank: it never forgets a text that it measured.
  const blank = Array<string>(height).fill(' '.repeat(slots === undefined ? width : 1));
  const show = (_: string, index: number): string => {
    const line = lines[index] ?? emptyLine;
    return slots === undefined ? plainRow(line, width) : slots.put({ line, x, width });
  };
  return (
    <Transform transform={show}>
      <Text>{blank.join('\n')}</Text>
    </Transform>
  );
}

function plainRow({ left, right, rightWidth }: Line, width: number): string {
  // oxlint-disable-next-line no-control-regex
  const used = widthOf(left.replaceAll(/\u001b\[\d+m/g, ''));
  return left + ' '.repeat(Math.max(0, width - used - rightWidth)) + right;
}
