import { expect, test } from 'vitest';
import { openWorkbench } from '../../e2e/run-command.ts';

test('a limit and everything exclude one another', async () => {
  await using workbench = await openWorkbench();
  const ran = await workbench.run(['history', '--as', 'bob', '--limit', '5', '--all']);
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(/--limit <number>.*--all/) });
});
