import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openWorkbench } from '../e2e/run-command.ts';
import { readNewPassword } from './password.ts';

/** A terminal at which `typed` is typed, in chunks, each after a question was asked. */
async function atTerminal(...typed: readonly string[]) {
  await using bench = await openWorkbench();
  const environment = bench.environment();
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const shown: string[] = [];
  const waiting = [...typed];
  environment.stderr.on('data', (part: unknown) => {
    shown.push(String(part));
    if (String(part).endsWith(': ')) {
      stdin.write(waiting.shift() ?? '\r');
    }
  });
  const password = await readNewPassword({ ...environment, stdin }, false);
  return { password, shown: shown.join(''), raw };
}

describe('a new password', () => {
  test('is asked for twice and never shown', async () => {
    const { password, shown, raw } = await atTerminal('sesam öffne\r', 'sesam öffne\r');
    expect(password).toBe('sesam öffne');
    expect(shown).toBe('new password: \nonce more: \n');
    expect(raw).toEqual([true, false, true, false]);
  });

  test('can be corrected while it is typed', async () => {
    expect((await atTerminal('wrong\u0015righd\u007ft\r', 'right\r')).password).toBe('right');
  });

  test('is refused when the two differ or it is empty, and Ctrl-C interrupts', async () => {
    await expect(atTerminal('one\r', 'two\r')).rejects.toMatchObject({ code: 'usage.invalid' });
    await expect(atTerminal('\r')).rejects.toMatchObject({ code: 'usage.invalid' });
    await expect(atTerminal('on\u0003')).rejects.toMatchObject({ code: 'interrupted' });
  });
});
