import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkOutput } from '../e2e/output-schema.ts';
import { free, openStacks, stateOf } from './open-stacks.fixture.ts';

describe('reset', { timeout: 60_000 }, () => {
  test('deletes what the stack stored, says what, and starts it as it was', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    const folder = join(bench.home, 'default');
    const before = await stateOf(bench);
    const secrets = await readFile(join(folder, 'secrets.json'), 'utf8');
    await mkdir(join(folder, 'data', 'history'), { recursive: true });
    await writeFile(join(folder, 'data', 'history', 'row'), 'x'.repeat(1000));
    // What an earlier one that was killed has left.
    await mkdir(join(folder, 'data-deleted', 'history'), { recursive: true });

    const { code, stdout, stderr } = await bench.run(['reset', '--json']);
    expect(code, stdout + stderr).toBe(0);
    const { data } = checkOutput(stdout);
    expect(data).toMatchObject({ alreadyRunning: false, deletedBytes: expect.any(Number), deletedVolumes: [] });
    // As the disk counts it, in blocks.
    expect(Reflect.get(data ?? {}, 'deletedBytes')).toBeGreaterThanOrEqual(1000);
    const after = await stateOf(bench);
    expect(after.pid).not.toBe(before.pid);
    expect(after.servers).toEqual(before.servers);
    expect(await readFile(join(folder, 'secrets.json'), 'utf8')).toBe(secrets);
    expect(await readdir(join(folder, 'data'))).toEqual([]);
    expect(await readdir(folder)).not.toContain('data-deleted');

    const said = await bench.run(['reset']);
    expect(said.stderr).toContain(`deleting ${join(folder, 'data')}: `);
    expect(said.stdout).toContain('stack "default" is ready after ');
  });

  test('starts one that was stopped, and refuses one that was never made', async () => {
    await using bench = await openStacks();
    expect(await bench.run(['reset'])).toMatchObject({ code: 3, stderr: expect.stringContaining('does not exist') });
    expect(await readdir(bench.home)).toEqual([]);
    await bench.run(['up', ...free]);
    await bench.run(['down']);
    expect(await bench.run(['reset'])).toMatchObject({ code: 0 });
    expect(await bench.run(['wait'])).toMatchObject({ code: 0 });
  });

  test('leaves what external engines hold, and the stack on them, alone', async () => {
    await using bench = await openStacks();
    const engines = ['--kafka', '127.0.0.1:1', '--cassandra', '127.0.0.1:1', '--redis', 'redis://127.0.0.1:1'];
    await bench.run(['up', ...free, '--backends', 'external', ...engines]);
    const { pid } = await stateOf(bench);
    const refused = await bench.run(['reset']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is on external engines') });
    expect((await stateOf(bench)).pid).toBe(pid);
  });
});
