import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { holdKeys, type EarlyKeys } from './early-keys.ts';

interface Held {
  readonly keys: EarlyKeys;
  readonly stdin: PassThrough;
  readonly type: (text: string) => void;
  /** What happened, in order. */
  readonly said: string[];
  readonly written: string[];
  readonly resume: () => void;
  readonly crash: () => void;
}

function hold(): Held {
  const said: string[] = [];
  const written: string[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => void said.push(on ? 'raw' : 'lines'),
  });
  const stdout = new PassThrough();
  stdout.on('data', (bytes: Buffer) => written.push(bytes.toString()));
  let resume = (): void => undefined;
  let crash = (): void => undefined;
  const host = {
    suspend: () => {
      said.push('suspended');
      return new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
    interrupt: () => void said.push('interrupted'),
    guard: (restore: () => void) => {
      crash = restore;
      return { [Symbol.dispose]: () => void said.push('guard ended') };
    },
  };
  const keys = holdKeys({ stdin, stdout, host });
  return {
    keys,
    stdin,
    type: (text) => void stdin.emit('data', Buffer.from(text)),
    said,
    written,
    resume: () => resume(),
    crash: () => crash(),
  };
}

test('what was typed goes to who reads next, whole and in order, with keys raw all the time', () => {
  const { keys, stdin, type, said } = hold();
  type('early\n');
  type('\u001b[200~two\nlines\u001b[201~');
  keys.handOver();
  keys[Symbol.dispose]();
  expect(String(stdin.read())).toBe('early\r\u001b[200~two\nlines\u001b[201~');
  expect(said).not.toContain('lines');
});

test('without a hand-over the terminal is given back, once', () => {
  const { keys, stdin, type, said } = hold();
  type('early');
  keys[Symbol.dispose]();
  keys.handOver();
  expect(stdin.read()).toBeNull();
  expect(said.filter((one) => one === 'lines')).toHaveLength(1);
});

test('Ctrl-C interrupts; Ctrl-Z gives the terminal back until the program goes on', async () => {
  const { keys, type, said, resume } = hold();
  using _held = keys;
  type('\u001a');
  expect(said.slice(-2)).toEqual(['lines', 'suspended']);
  resume();
  await Promise.resolve();
  expect(said.at(-1)).toBe('raw');
  type('x\u0003');
  expect(said.at(-1)).toBe('interrupted');
});

test('a crash gives the terminal back', () => {
  const { keys, crash, said, written } = hold();
  using _held = keys;
  crash();
  expect(said.at(-1)).toBe('lines');
  expect(written).toEqual(['\u001b[?2004h', '\u001b[?2004l']);
});
