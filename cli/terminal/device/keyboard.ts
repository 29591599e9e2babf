/**
 * Keys, pastes and changes of focus from a terminal in raw mode. What arrives between the marks of a bracketed paste is one text,
 * whatever it holds.
 */
import { emitKeypressEvents } from 'node:readline';
import type { Readable } from 'node:stream';
import { keyOf, type Key, type PressedKey } from '../model/key.ts';

export interface KeyboardListener {
  readonly key: (key: Key) => void;
  readonly paste: (text: string) => void;
  /** The terminal got the keyboard of its user's screen, or lost it; only terminals that say so. */
  readonly focus: (focused: boolean) => void;
}

const focusIn = '\u001b[I';
const focusOut = '\u001b[O';

/** A paste longer than any message is cut: in characters. */
const mostPasted = 256 * 1024;

export function listenToKeyboard(stdin: Readable, listener: KeyboardListener): Disposable {
  let pasted: string | undefined;
  const onKey = (text: string | undefined, pressed: PressedKey): void => {
    if (pressed.name === 'paste-start') {
      pasted = '';
    } else if (pressed.name === 'paste-end') {
      listener.paste(pasted ?? '');
      pasted = undefined;
    } else if (pasted !== undefined) {
      if (pasted.length < mostPasted) pasted += pressed.sequence ?? text ?? '';
    } else if (pressed.sequence === focusIn || pressed.sequence === focusOut) {
      listener.focus(pressed.sequence === focusIn);
    } else {
      const key = keyOf(text, pressed);
      if (key !== undefined) listener.key(key);
    }
  };
  // A lone Escape is one as soon as nothing follows it for this long.
  emitKeypressEvents(stdin, { escapeCodeTimeout: 50 } as never);
  stdin.on('keypress', onKey);
  stdin.resume();
  return {
    [Symbol.dispose]() {
      stdin.off('keypress', onKey);
      stdin.pause();
    },
  };
}
