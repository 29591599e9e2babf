import { expect, test } from 'vitest';
import { openWorkbench } from '../../e2e/run-command.ts';

test.each([
  [['--as', 'bob', '--json'], 'chat has no --json'],
  [['--as', 'a', '--as', 'b', '--as', 'c'], 'option --as was given 3 times'],
  [['--as', 'bob'], 'chat needs a terminal: standard input is no terminal'],
  [['--as', 'bob', '--plain'], '--plain needs to know with whom'],
  [['--as', 'a', '--as', 'b', '--plain', '--with', 'c'], '--plain is for one user'],
  [[], "required option '--as <user>' not specified"],
])('chat %j is wrong usage, before any stack is looked for', async (args, why) => {
  await using workbench = await openWorkbench();
  const { code, stdout, stderr } = await workbench.run(['chat', ...args]);
  expect(code).toBe(2);
  expect(stdout + stderr).toContain(why);
});

test('without a terminal it names what scripts use instead', async () => {
  await using workbench = await openWorkbench();
  const { stderr } = await workbench.run(['chat', '--as', 'bob']);
  expect(stderr).toContain('cecochat send --as bob');
  expect(stderr).toContain('cecochat listen --as');
});
