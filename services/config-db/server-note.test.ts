import { expect, test } from 'vitest';
import { formatServerNote, parseServerNote } from './server-note.ts';

test.each([
  [{ held: [], isLeaving: false }, ''],
  [{ held: [0, 1, 2, 7], isLeaving: false }, '0-2,7'],
  [{ held: [0, 1, 2, 7], isLeaving: true }, 'leaving 0-2,7'],
  [{ held: [], isLeaving: true }, 'leaving'],
])('what a server says reads as it was written: %o', (note, text) => {
  expect(formatServerNote(note)).toBe(text);
  expect(parseServerNote(text, 8)).toEqual(note);
});

test.each(['nonsense', 'leaving nonsense', '0-8', 'leaving0-2'])('%o is no note', (text) => {
  expect(parseServerNote(text, 8)).toBeUndefined();
});
