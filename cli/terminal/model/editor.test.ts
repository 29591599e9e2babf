import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  editorOf,
  emptyEditor,
  insert,
  move,
  moveLine,
  redo,
  remove,
  undo,
  viewEditor,
  type Editor,
} from './editor.ts';
import { graphemesOf } from '../text/graphemes.ts';

const family = '👩\u200d👧';

test('moves and deletes by what a reader sees as one character', () => {
  const written = insert(insert(emptyEditor, 'a'), `${family}🇧🇬`);
  const left = move(written, 'left');
  expect(left.cursor).toBe(1 + family.length);
  expect(remove(left, 'left').text).toBe('a🇧🇬');
  expect(remove(left, 'right').text).toBe(`a${family}`);
});

test('word, line and text ends', () => {
  const editor = editorOf('one two\nthree four');
  expect(remove(editor, 'word-left').text).toBe('one two\nthree ');
  expect(move(editor, 'line-start').cursor).toBe(8);
  expect(move(move(editor, 'start'), 'line-end').cursor).toBe(7);
  expect(remove(move(editor, 'line-start'), 'line-end').text).toBe('one two\n');
});

test('moves up and down keep the column over shorter and wider lines', () => {
  const editor = editorOf('abcdef\n你\nabcdef');
  const up = moveLine(editor, -1, 20);
  expect(up.cursor).toBe(8);
  expect(moveLine(up, -1, 20).cursor).toBe(6);
  expect(moveLine(moveLine(up, -1, 20), -1, 20).cursor).toBe(6);
});

test('undo takes back a word at a time, and redo gives it again', () => {
  let editor = emptyEditor;
  for (const character of 'one two') editor = insert(editor, character);
  const back = undo(editor);
  expect(back.text).toBe('one');
  expect(undo(back).text).toBe('');
  expect(redo(back).text).toBe('one two');
  expect(redo(insert(back, 'x')).text).toBe('onex');
});

test('behind a full line the cursor stands on the next one', () => {
  expect(viewEditor(editorOf('abcd'), 4)).toMatchObject({ row: 1, column: 0 });
  expect(viewEditor(move(editorOf('abcd'), 'left'), 4)).toMatchObject({ row: 0, column: 3 });
});

type Step = (editor: Editor) => Editor;

const pieces = fc.constantFrom('a', ' ', '\n', '你', family, 'e\u0301', 'word ', 'two\nlines');
const moves = fc.constantFrom(
  'left',
  'right',
  'word-left',
  'word-right',
  'line-start',
  'line-end',
  'start',
  'end' as const,
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  pieces.map(
    (text): Step =>
      (editor) =>
        insert(editor, text),
  ),
  moves.map(
    (where): Step =>
      (editor) =>
        move(editor, where as 'left'),
  ),
  moves.map(
    (where): Step =>
      (editor) =>
        remove(editor, where as 'left'),
  ),
  fc.constantFrom(-1, 1).map(
    (direction): Step =>
      (editor) =>
        moveLine(editor, direction as 1, 7),
  ),
  fc.constant<Step>(undo),
  fc.constant<Step>(redo),
);

describe('whatever is typed', () => {
  test('the cursor stands on a border of a character, within the text and within the lines', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), fc.integer({ min: 4, max: 20 }), (all, width) => {
        let editor = emptyEditor;
        for (const step of all) editor = step(editor);
        let border = 0;
        const borders = [0];
        for (const grapheme of graphemesOf(editor.text)) borders.push((border += grapheme.text.length));
        // A mark that was written behind a line feed stands alone until it is joined.
        expect(borders).toContain(editor.cursor);
        const view = viewEditor(editor, width);
        expect(view.row).toBeLessThan(view.lines.length);
        expect(view.column).toBeLessThan(width);
      }),
    );
  });

  test('undo to the end gives the empty text, redo to the end the whole again', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (all) => {
        let editor = emptyEditor;
        for (const text of all) editor = insert(editor, text);
        let back = editor;
        for (let index = 0; index <= all.length; index += 1) back = undo(back);
        expect(back.text).toBe('');
        for (let index = 0; index <= all.length; index += 1) back = redo(back);
        expect(back.text).toBe(editor.text);
      }),
    );
  });
});
