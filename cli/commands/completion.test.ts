import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { checkOutput } from '../e2e/output-schema.ts';
import { openWorkbench } from '../e2e/run-command.ts';

/** What bash offers after these words, the last of them half typed. */
function offered(script: string, words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const shell = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _cecochat; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', shell], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
}

describe('completion', () => {
  test.each([
    [
      ['cecochat', ''],
      ['up', 'config', '--help'],
    ],
    [['cecochat', 'sta'], ['status']],
    [
      ['cecochat', 'config', ''],
      ['list', 'get', 'watch'],
    ],
    [['cecochat', 'config', 'wa'], ['watch']],
    [['cecochat', 'up', '--ba'], ['--backends']],
    [
      ['cecochat', 'up', '--backends', ''],
      ['auto', 'embedded', 'docker'],
    ],
    [
      ['cecochat', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['cecochat', 'logs', '--tail', '5', '--fo'], ['--follow']],
  ])('offers after %j', async (words, expected) => {
    await using bench = await openWorkbench();
    const { stdout } = await bench.run(['completion', 'bash']);
    expect(offered(stdout, words)).toEqual(expect.arrayContaining(expected));
  });

  test('is printed for every shell, and as JSON', async () => {
    await using bench = await openWorkbench();
    for (const shell of ['bash', 'zsh', 'fish']) {
      const ran = await bench.run(['completion', shell, '--json']);
      expect(checkOutput(ran.stdout)).toMatchObject({
        status: 'ok',
        data: { shell, script: expect.stringContaining('--port-base'.slice(2)) },
      });
    }
  });
});
