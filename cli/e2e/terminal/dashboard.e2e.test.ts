/**
 * `up --foreground` as people meet it: the built program in a real pseudo-terminal.
 */
import { expect, test } from 'vitest';
import { openSandbox, programFile } from '../sandbox.ts';
import { openTmuxTerminal } from './tmux-terminal.ts';

test('the dashboard shows what the stack does, at any size; q stops the stack and gives the screen back', async () => {
  await using sandbox = await openSandbox();
  {
    await using shell = await openTmuxTerminal(sandbox, ['bash', '--norc', '--noprofile', '-i'], {
      columns: 80,
      rows: 24,
    });
    const up = `${process.execPath} ${programFile} up --foreground --backends embedded --port-base 0`;
    await shell.type(`${up}; echo ended with $?\n`);
    await shell.shows((rows) => /^ cecochat · default .* ● ready · up \d+ s/.test(rows[0] ?? ''), 60_000);
    await shell.shows((rows) => rows.filter((row) => /^ ● messaging s\d +ready .* 180$/.test(row)).length === 2);
    const sent = await sandbox.run(['send', '--as', 'bob', '--to', 'alice'], { input: 'one\ntwo\nthree\n' });
    expect(sent.exitCode, sent.stderr).toBe(0);
    await shell.shows(/^ sessions +\d+ +3 messages so far$/m);
    await shell.shows(/^ behind +0 +history has everything$/m);
    await shell.press('l');
    await shell.shows(/^ \d\d:\d\d:\d\d info +messaging-s\d/m);
    await shell.press('?');
    await shell.shows('any key goes back');
    await shell.press('Escape');
    for (const [columns, height] of [
      [20, 6],
      [300, 100],
      [80, 24],
    ] as const) {
      await shell.resize(columns, height);
      await shell.shows(
        (rows) => rows.length === height && (rows.at(-1) ?? '').startsWith(' q stop the stack'.slice(0, columns - 3)),
      );
    }
    await shell.press('q');
    const rows = await shell.shows('ended with 0', 30_000);
    expect(rows.join('\n')).toContain('demo users');
    expect(rows.join('\n')).toContain('stack "default" was stopped');
    expect(await shell.ask('#{alternate_on},#{cursor_flag}')).toBe('0,1');
  }
  expect((await sandbox.run(['status'])).exitCode).toBe(3);
  expect(await sandbox.leftovers()).toEqual([]);
}, 120_000);
