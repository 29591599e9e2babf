/**
 * What a user waits for. Each bound is on the best of a few runs, so that a busy machine does not decide.
 */
import { expect, test } from 'vitest';
import { openSandbox, type Sandbox } from './sandbox.ts';

async function best(runs: number, run: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < runs; index += 1) least = Math.min(least, await run());
  return least;
}

async function took(sandbox: Sandbox, args: readonly string[]): Promise<number> {
  const ran = await sandbox.run(args);
  expect(ran.exitCode, `${args.join(' ')}: ${ran.stderr}`).toBe(0);
  return ran.tookMs;
}

test('--help under 150 ms, up under 1.5 s, send under 500 ms', async () => {
  await using sandbox = await openSandbox();
  expect(await best(5, () => took(sandbox, ['--help'])), 'cecochat --help').toBeLessThan(150);
  const up = await best(3, async () => {
    const ms = await took(sandbox, ['up', '--port-base', '0']);
    await took(sandbox, ['down', '--volumes']);
    return ms;
  });
  expect(up, 'cecochat up').toBeLessThan(1_500);
  await took(sandbox, ['up', '--port-base', '0']);
  const send = await best(5, () => took(sandbox, ['send', '--as', 'bob', '--to', 'alice', 'hello']));
  expect(send, 'cecochat send').toBeLessThan(500);
  await took(sandbox, ['down', '--volumes']);
});
