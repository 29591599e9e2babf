/**
 * The text that is being written: edits, moves by what readers see as one character, undo. Pure. Places are in
 * UTF-16 units, on borders of user-perceived characters.
 */
import { graphemeAfter, graphemeBefore, graphemesOf, widthOf, wordAfter, wordBefore } from '../text/graphemes.ts';
import { wrap, type WrappedLine } from '../text/wrap.ts';

export interface Editor {
  readonly text: string;
  readonly cursor: number;
  /** The column, in cells, that moves up and down keep to; undefined after any other move. */
  readonly goal: number | undefined;
  readonly undo: readonly Snapshot[];
  readonly redo: readonly Snapshot[];
  /** Typing goes on in the latest undo step. */
  readonly typing: boolean;
}

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export type Move = 'left' | 'right' | 'word-left' | 'word-right' | 'line-start' | 'line-end' | 'start' | 'end';
export type Deletion = Move;

const mostUndo = 200;

export const emptyEditor: Editor = { text: '', cursor: 0, goal: undefined, undo: [], redo: [], typing: false };

export function editorOf(text: string): Editor {
  return { ...emptyEditor, text, cursor: text.length };
}

export function insert(editor: Editor, text: string): Editor {
  if (text === '') return editor;
  const { cursor } = editor;
  const next = editor.text.slice(0, cursor) + text + editor.text.slice(cursor);
  // One undo step for each word that is typed, and for each paste.
  const step = editor.typing && text.length <= 2 && !/\s/u.test(text);
  return changed(editor, { text: next, cursor: cursor + text.length }, { step, typing: text.length <= 2 });
}

/** Deletes from the cursor to where the move would lead. */
export function remove(editor: Editor, deletion: Deletion): Editor {
  const to = target(editor, deletion);
  if (to === editor.cursor) return editor;
  const [from, end] = to < editor.cursor ? [to, editor.cursor] : [editor.cursor, to];
  return changed(
    editor,
    { text: editor.text.slice(0, from) + editor.text.slice(end), cursor: from },
    { step: false, typing: false },
  );
}

export function move(editor: Editor, where: Move): Editor {
  return { ...editor, cursor: target(editor, where), goal: undefined, typing: false };
}

/** Up (-1) or down (1) by one line as shown at that width; the same editor at the first and the last one. */
export function moveLine(editor: Editor, direction: -1 | 1, width: number): Editor {
  const lines = wrap(editor.text, width);
  const { row, column } = placeOf(lines, editor.cursor);
  const line = lines[row + direction];
  if (line === undefined) return editor;
  const goal = editor.goal ?? column;
  return { ...editor, cursor: line.start + offsetAt(line.text, goal), goal, typing: false };
}

export function undo(editor: Editor): Editor {
  const before = editor.undo.at(-1);
  if (before === undefined) return editor;
  const { text, cursor } = editor;
  const redo = [...editor.redo, { text, cursor }];
  return { ...editor, ...before, goal: undefined, undo: editor.undo.slice(0, -1), redo, typing: false };
}

export function redo(editor: Editor): Editor {
  const next = editor.redo.at(-1);
  if (next === undefined) return editor;
  const { text, cursor } = editor;
  const steps = [...editor.undo, { text, cursor }];
  return { ...editor, ...next, goal: undefined, undo: steps, redo: editor.redo.slice(0, -1), typing: false };
}

export interface EditorView {
  readonly lines: readonly WrappedLine[];
  /** Of the cursor: line, and column in cells. */
  readonly row: number;
  readonly column: number;
}

export function viewEditor(editor: Editor, width: number): EditorView {
  const lines = wrap(editor.text, width);
  const { row, column } = placeOf(lines, editor.cursor);
  // After a line that is full, the cursor stands at the start of the next one.
  if (column >= width) {
    if (row + 1 === lines.length)
      return { lines: [...lines, { text: '', start: editor.cursor }], row: row + 1, column: 0 };
    return { lines, row, column: width - 1 };
  }
  return { lines, row, column };
}

function changed(editor: Editor, next: Snapshot, how: { step: boolean; typing: boolean }): Editor {
  const { text, cursor } = editor;
  const steps = how.step ? editor.undo : [...editor.undo.slice(-mostUndo + 1), { text, cursor }];
  return { ...next, goal: undefined, undo: steps, redo: [], typing: how.typing };
}

function target({ text, cursor }: Editor, where: Move): number {
  switch (where) {
    case 'left':
      return graphemeBefore(text, cursor);
    case 'right':
      return graphemeAfter(text, cursor);
    case 'word-left':
      return wordBefore(text, cursor);
    case 'word-right':
      return wordAfter(text, cursor);
    case 'line-start':
      return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
    case 'line-end': {
      const end = text.indexOf('\n', cursor);
      return end === -1 ? text.length : end;
    }
    case 'start':
      return 0;
    case 'end':
      return text.length;
  }
}

function placeOf(lines: readonly WrappedLine[], cursor: number): { row: number; column: number } {
  let row = 0;
  for (const [index, line] of lines.entries()) if (line.start <= cursor) row = index;
  const line = lines[row] ?? { text: '', start: 0 };
  return { row, column: widthOf(line.text.slice(0, cursor - line.start)) };
}

/** The place in a line nearest to that column from the left. */
function offsetAt(text: string, column: number): number {
  let offset = 0;
  let used = 0;
  for (const grapheme of graphemesOf(text)) {
    if (used + grapheme.width > column) break;
    used += grapheme.width;
    offset += grapheme.text.length;
  }
  return offset;
}
