/**
 * A key press by name, whatever sequence the terminal sent for it.
 */
export interface Key {
  /** "left", "return", "f1" ..., or "text". */
  readonly name: KeyName;
  /** What was typed, of "text". */
  readonly text: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

const names = [
  'text', 'return', 'newline', 'escape', 'tab', 'backspace', 'delete',
  'left', 'right', 'up', 'down', 'home', 'end', 'pageup', 'pagedown', 'f1',
] as const; // prettier-ignore

export type KeyName = (typeof names)[number];

/** As node:readline names keys. */
export interface PressedKey {
  readonly sequence?: string | undefined;
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

/** Undefined: a key that means nothing here. */
export function keyOf(text: string | undefined, pressed: PressedKey): Key | undefined {
  const modifiers = { ctrl: pressed.ctrl === true, alt: pressed.meta === true, shift: pressed.shift === true };
  const key = (name: KeyName): Key => ({ ...modifiers, name, text: '' });
  const { sequence = '', name = '' } = pressed;
  // Shift-Enter, as terminals say it that say it at all.
  if (sequence === '\u001b[13;2u' || sequence === '\u001b[27;2;13~') return key('newline');
  if (name === 'enter') return key('newline');
  // Ctrl-_, which terminals also send for Ctrl-/.
  if (sequence === '\u001f') return { name: 'text', text: '_', ctrl: true, alt: false, shift: false };
  if (name === 'backspace' || sequence === '\u007f') return key('backspace');
  const known = names.find((one) => one === name && one !== 'text');
  if (known !== undefined) return key(known);
  if (name === 'space' && sequence === ' ') return { ...modifiers, name: 'text', text: ' ' };
  if (modifiers.ctrl || modifiers.alt)
    return name.length === 1 ? { ...modifiers, name: 'text', text: name } : undefined;
  const typed = text ?? sequence;
  return typed === '' || typed.startsWith('\u001b') || /\p{Cc}/u.test(typed)
    ? undefined
    : { ...modifiers, name: 'text', text: typed };
}
