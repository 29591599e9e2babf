/**
 * A second `up` of a stack that runs, asked for something else.
 */
import { expect, test } from 'vitest';
import { checkOutput } from '../e2e/output-schema.ts';
import { free, openStacks, stateOf } from './open-stacks.fixture.ts';

async function firstPort(bench: Awaited<ReturnType<typeof openStacks>>, name: string): Promise<number> {
  const [server] = (await stateOf(bench, name)).servers;
  return Number(new URL(server?.httpAddress ?? '').port);
}

test('an up with --port-base says that a running stack keeps its ports, and what moves it', async () => {
  await using bench = await openStacks();
  const name = ['--name', 'foo'];
  await bench.run(['up', ...name, ...free]);
  const port = await firstPort(bench, 'foo');
  const other = String(port === 20_000 ? 20_100 : 20_000);
  const said = `option --port-base ${other} is ignored: stack "foo" runs already and keeps its ports, ${port} to ${port}; to move it: cecochat down --name foo, then cecochat up --name foo --port-base ${other}`;
  const again = await bench.run(['up', ...name, '--port-base', other]);
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining(`warning: ${said}`)]);
  const json = checkOutput((await bench.run(['up', '--json', ...name, '--port-base', other])).stdout);
  expect(json).toMatchObject({ status: 'ok', warnings: [said], data: { alreadyRunning: true } });
  expect(await firstPort(bench, 'foo')).toBe(port);

  for (const same of ['0', String(port)]) {
    const quiet = await bench.run(['up', ...name, '--port-base', same]);
    expect([quiet.code, quiet.stderr]).toEqual([0, expect.not.stringContaining('ignored')]);
  }
});

test('an up with other engines than those of the running stack is refused, without their addresses', async () => {
  await using bench = await openStacks();
  const at = (redis: string): string[] => {
    const engines = ['--kafka', 'k1:9092', '--cassandra', 'c1:9042', '--redis', redis];
    return ['up', '--name', 'foo', '--backends', 'external', ...engines, ...free];
  };
  expect((await bench.run(at('redis://:secret@r1:6379'))).code).toBe(0);
  expect((await bench.run(at('redis://:secret@r1:6379'))).stdout).toContain('is already running');
  const other = await bench.run(at('redis://:secret@r2:6379'));
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /stack "foo" runs already, and was started with another --redis\n +try: stop it first with "cecochat down --name foo"/,
    ),
  });
  expect(other.stderr).not.toContain('secret');
});

test('an up of a running embedded stack with what it cannot become is refused', async () => {
  await using bench = await openStacks();
  await bench.run(['up', ...free]);
  const wishes: readonly (readonly [readonly string[], string])[] = [
    [['--backends', 'docker'], 'Docker cannot be used'],
    [['--backends', 'external'], 'runs on embedded engines, not on external ones'],
    [['--docker-host', 'unix:///x'], 'option --docker-host needs a Docker engine below the servers'],
    [['--profile', 'tools'], 'option --profile tools needs a Docker engine'],
    [['--servers', 'containers'], 'option --servers containers needs a Docker engine'],
    [['--messaging', '3'], 'cannot have 3 while it runs'],
  ];
  for (const [args, said] of wishes) {
    const other = await bench.run(['up', ...args]);
    expect([other.code === 0, other.stderr]).toEqual([false, expect.stringContaining(said)]);
  }
});
