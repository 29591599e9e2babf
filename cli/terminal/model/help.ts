/**
 * The page of help: every key, in two columns where they fit, else in one, else each meaning below its keys; and
 * which of its rows are on a screen that is too low for all. Pure.
 */
import { widthOf } from '../text/graphemes.ts';
import type { Key } from './key.ts';
import type { Size } from './size.ts';

export type HelpCell =
  | { readonly kind: 'title'; readonly text: string }
  | { readonly kind: 'key'; readonly text: string; readonly meaning: string; readonly keyWidth: number }
  | { readonly kind: 'meaning'; readonly text: string }
  | { readonly kind: 'blank' };

export interface HelpPage {
  readonly columnWidths: readonly number[];
  /** One cell of each column. */
  readonly rows: readonly (readonly HelpCell[])[];
}

type Section = readonly [title: string, keys: readonly (readonly [key: string, meaning: string])[]];

const left: readonly Section[] = [
  [
    'Chats',
    [
      ['↑ ↓', 'choose a chat'],
      ['Enter', 'open it'],
      ['n', 'new chat, by user name'],
      ['Tab', 'other side, list or chat'],
      ['q, Ctrl-C', 'leave'],
    ],
  ],
  [
    'Reading',
    [
      ['PgUp PgDn', 'older, newer'],
      ['↑ ↓', 'by line, composer empty'],
      ['Home End', 'oldest loaded, newest'],
      ['Ctrl-G', 'first unread'],
      ['Ctrl-F', 'search, then older pages'],
      ['Esc', 'back to the chats'],
    ],
  ],
];
const right: readonly Section[] = [
  [
    'Writing',
    [
      ['Enter', 'send'],
      ['Alt-Enter, Ctrl-J', 'new line'],
      ['Ctrl-← Ctrl-→', 'by word'],
      ['Ctrl-W, Ctrl-U', 'delete word, line'],
      ['Ctrl-_, Ctrl-Y', 'undo, redo'],
      ['Ctrl-R', 'take back what failed'],
      ['Ctrl-N', 'new chat'],
    ],
  ],
  [
    'Marks of your messages',
    [
      ['queued ..', 'not connected'],
      ['sending …', 'on its way'],
      ['processed ·', 'durable'],
      ['delivered ✓', 'on a device of theirs'],
      ['seen ✓✓', 'was on their screen'],
    ],
  ],
];

const gap = 2;
/** The head and the empty row below it. */
const headRows = 2;

export function helpPage(columns: number): HelpPage {
  const width = columns - 1;
  const columnWidths = [neededBy(left) + gap, neededBy(right)];
  if (columnWidths.reduce((sum, one) => sum + one) <= width)
    return { columnWidths, rows: besides(cellsOf(left), cellsOf(right)) };
  const cells = cellsOf([...left, ...right]);
  const fits = neededBy([...left, ...right]) <= width;
  return { columnWidths: [width], rows: fits ? cells.map((cell) => [cell]) : cells.flatMap((cell) => stacked(cell)) };
}

/** Rows of the page that are on the screen. */
export function helpHeight(size: Size): number {
  return Math.max(1, size.rows - headRows);
}

/** The first row on the screen after that key; undefined: the key goes back. */
export function pressInHelp(top: number, key: Key, size: Size): number | undefined {
  const height = helpHeight(size);
  const last = Math.max(0, helpPage(size.columns).rows.length - height);
  // A page that is all there has nowhere to move to: every key goes back.
  if (last === 0) return undefined;
  const moved: Partial<Record<Key['name'], number>> = {
    up: top - 1,
    down: top + 1,
    pageup: top - height,
    pagedown: top + height,
    home: 0,
    end: last,
  };
  const to = moved[key.name];
  return to === undefined ? undefined : Math.max(0, Math.min(last, to));
}

function keyWidthOf(sections: readonly Section[]): number {
  return Math.max(...sections.flatMap(([, keys]) => keys.map(([key]) => widthOf(key)))) + gap;
}

function neededBy(sections: readonly Section[]): number {
  const meanings = sections.flatMap(([, keys]) => keys.map(([, meaning]) => widthOf(meaning)));
  return 1 + keyWidthOf(sections) + Math.max(...meanings);
}

function cellsOf(sections: readonly Section[]): readonly HelpCell[] {
  const keyWidth = keyWidthOf(sections);
  return sections.flatMap(([title, keys], index): HelpCell[] => [
    ...(index === 0 ? [] : [{ kind: 'blank' as const }]),
    { kind: 'title', text: title },
    ...keys.map(([text, meaning]): HelpCell => ({ kind: 'key', text, meaning, keyWidth })),
  ]);
}

function besides(one: readonly HelpCell[], other: readonly HelpCell[]): HelpCell[][] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, row) => [
    one[row] ?? { kind: 'blank' },
    other[row] ?? { kind: 'blank' },
  ]);
}

function stacked(cell: HelpCell): HelpCell[][] {
  if (cell.kind !== 'key') return [[cell]];
  return [[{ ...cell, meaning: '', keyWidth: 0 }], [{ kind: 'meaning', text: cell.meaning }]];
}
