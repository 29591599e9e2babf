import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createScreenMode } from './screen-mode.ts';

test('whatever is switched on is switched off, and what is switched off comes back; once', () => {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => void raw.push(on) });
  const stdout = new PassThrough();
  const mode = createScreenMode({ stdin, stdout, title: true });
  const written = (): string => String(stdout.read());
  // oxlint-disable-next-line no-control-regex
  const modes = (text: string): string[] => [...text.matchAll(/\u001b\[\?(\d+[hl])/g)].map(([, one = '']) => one);
  mode.enter();
  mode.enter();
  const entered = written();
  mode.leave();
  mode.leave();
  const left = written();
  const opposite = (one: string): string => one.slice(0, -1) + (one.endsWith('h') ? 'l' : 'h');
  const undone = new Set(modes(left));
  for (const one of modes(entered)) expect(undone).toContain(opposite(one));
  expect(modes(entered)).toContain('1004h');
  expect([entered.includes('\u001b[22;2t'), left.includes('\u001b[23;2t')]).toEqual([true, true]);
  expect(raw).toEqual([true, false]);
});
