import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Key } from '../model/key.ts';
import { listenToKeyboard } from './keyboard.ts';

function typed(bytes: string): { keys: string[]; pastes: string[]; focus: boolean[] } {
  const stdin = new PassThrough();
  const keys: string[] = [];
  const pastes: string[] = [];
  const focus: boolean[] = [];
  const nameOf = ({ name, text, ctrl, alt, shift }: Key): string =>
    [ctrl ? 'ctrl' : '', alt ? 'alt' : '', shift ? 'shift' : '', name === 'text' ? text : name]
      .filter(Boolean)
      .join('-');
  using _listening = listenToKeyboard(stdin, {
    key: (key) => keys.push(nameOf(key)),
    paste: (text) => pastes.push(text),
    focus: (focused) => focus.push(focused),
  });
  stdin.emit('data', Buffer.from(bytes));
  return { keys, pastes, focus };
}

test.each([
  ['a你👍', ['a', '你', '👍']],
  ['A ', ['shift-A', ' ']],
  ['\r\n', ['return', 'newline']],
  ['\u001b\r', ['alt-return']],
  ['\u001b[13;2u', ['newline']],
  ['\u007f\b', ['backspace', 'backspace']],
  ['\u001b\u007f', ['alt-backspace']],
  ['\u001b[3~', ['delete']],
  ['\u001b[A\u001bOB\u001b[1;5D\u001b[1;3C', ['up', 'down', 'ctrl-left', 'alt-right']],
  ['\u001b[H\u001b[4~\u001b[5~\u001b[6~', ['home', 'end', 'pageup', 'pagedown']],
  ['\u0003\u001a\u001f', ['ctrl-c', 'ctrl-z', 'ctrl-_']],
  ['\u001bOP\u001b[Z', ['f1', 'shift-tab']],
  ['\u001b[24~\u001b[99~', []],
])('%j is %j', (bytes, keys) => {
  expect(typed(bytes).keys).toEqual(keys);
});

test('a bracketed paste is one text, with its line feeds and without being keys', () => {
  const { keys, pastes } = typed('x\u001b[200~one\r\ntwo\u0003\t👩\u200d👧\u001b[201~y');
  expect(pastes).toEqual(['one\r\ntwo\u0003\t👩\u200d👧']);
  expect(keys).toEqual(['x', 'y']);
});

test('changes of focus are no keys, and text within a paste', () => {
  const { keys, pastes, focus } = typed('a\u001b[Ob\u001b[I\u001b[200~\u001b[O\u001b[201~');
  expect(keys).toEqual(['a', 'b']);
  expect(focus).toEqual([false, true]);
  expect(pastes).toEqual(['\u001b[O']);
});
