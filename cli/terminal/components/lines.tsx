/**
 * Rows of a pane. In a frame that a painter puts together one sign at the pane's top left stands for all of
 * them, so that ink lays out a grid of a few cells however large the screen is; without a painter the rows are
 * ink's own text.
 */
import { stripVTControlCharacters } from 'node:util';
import { Box, Text, Transform } from 'ink';
import { createContext, useContext, type ReactElement } from 'react';
import { widthOf } from '../text/graphemes.ts';
import { emptyLine, type Line } from '../view/paint.ts';

export interface LinesProps {
  /** Cells from the left edge of the screen. */
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly Line[];
}

/** Keeps panes for the frame that is being drawn. */
export interface Slots {
  /** A sign, one cell wide, that stands for the rows. */
  put(lines: LinesProps): string;
}

export const SlotsContext = createContext<Slots | undefined>(undefined);

export function Lines(props: LinesProps): ReactElement | null {
  const { width, height, lines } = props;
  const slots = useContext(SlotsContext);
  if (height <= 0 || width <= 0) return null;
  // What ink measures and remembers is blank: it never forgets a text that it measured.
  if (slots !== undefined) {
    return (
      <Box width={1} height={height}>
        <Transform transform={() => slots.put(props)}>
          <Text> </Text>
        </Transform>
      </Box>
    );
  }
  const blank = Array<string>(height).fill(' '.repeat(width)).join('\n');
  return (
    <Transform transform={(_, index) => plainRow(lines[index] ?? emptyLine, width)}>
      <Text>{blank}</Text>
    </Transform>
  );
}

function plainRow({ left, right, rightWidth }: Line, width: number): string {
  const used = widthOf(stripVTControlCharacters(left));
  return left + ' '.repeat(Math.max(0, width - used - rightWidth)) + right;
}
