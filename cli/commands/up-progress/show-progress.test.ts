import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkOutput } from '../../e2e/output-schema.ts';
import { openWorkbench, type Workbench } from '../../e2e/run-command.ts';

const up = ['up', '--port-base', '0'];

/** Its stack is taken away also when a test fails. */
async function openStack(): Promise<Workbench> {
  const bench = await openWorkbench();
  return {
    ...bench,
    [Symbol.asyncDispose]: async () => {
      await bench.run(['down', '--volumes']);
      await bench[Symbol.asyncDispose]();
    },
  };
}

describe('the progress of up', () => {
  test('is a table on a terminal, which stays above the result; elsewhere events with --json, and nothing', async () => {
    await using bench = await openStack();
    const shown = await bench.run(up, { tty: true });
    const table = stripVTControlCharacters(shown.stderr).replaceAll('\r', '').split('\n').slice(-4, -1);
    expect(table.map((line) => line.replace(/ \d+\.\d s$/, ''))).toEqual([
      expect.stringMatching(/^configuration  ready +$/),
      expect.stringMatching(/^users          ready +$/),
      expect.stringMatching(/^servers        ready +$/),
    ]);
    expect(stripVTControlCharacters(shown.stdout)).toMatch(/^stack "default" is ready/);
    await bench.run(['down']);
    const plain = await bench.run(up, { tty: true, env: { NO_COLOR: '1' } });
    expect(plain.stderr).toMatch(/^stack "default": embedded engines.*\n$/);
    await bench.run(['down']);
    const ran = await bench.run([...up, '--json'], { tty: true });
    expect([checkOutput(ran.stdout).status, ran.stderr]).toEqual(['ok', '']);
    const parts = [...ran.stdout.matchAll(/"part":"(\w+)","step":"ready"/g)].map(([, part]) => part);
    expect(parts).toEqual(['configuration', 'users', 'servers']);
  });

  test('says in the table what failed, and the error below it', async () => {
    await using bench = await openStack();
    const { stderr } = await bench.run(up, { tty: true, env: { STAND_IN: 'fails' } });
    const [, last = ''] =
      /(\nservers [^]*)$/.exec(stripVTControlCharacters(stderr).replaceAll(/\nservers  +start.*/g, '')) ?? [];
    expect(last).toMatch(/^\nservers +failed [^]+the data folder is damaged/);
  });
});
