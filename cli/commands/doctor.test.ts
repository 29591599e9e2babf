import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkOutput } from '../e2e/output-schema.ts';
import { openWorkbench } from '../e2e/run-command.ts';

describe('doctor', () => {
  test('finds a machine fit on which the tests run', async () => {
    await using bench = await openWorkbench();
    const ran = await bench.run(['doctor', '--json']);
    expect(ran.code).toBe(0);
    const { data } = checkOutput(ran.stdout);
    for (const check of ['node', 'open files', 'state folder', 'disk', 'fsync', 'ports', 'stacks', 'docker']) {
      expect(data).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining({ check })]) });
    }
    expect((await bench.run(['doctor'])).stdout).toMatch(/ok +node +Node\.js \d+/);
  });

  test('says how to fix a damaged stack, and exits with 1 or more', async () => {
    await using bench = await openWorkbench();
    await mkdir(join(bench.home, 'broken'));
    await writeFile(join(bench.home, 'broken', 'stack.json'), 'x');
    const ran = await bench.run(['doctor']);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /failed +stack broken +.*stack\.json is damaged[^]+fix stack broken: cecochat down --name broken, then cecochat up/,
    );
    expect(await bench.run(['down', '--name', 'broken', '--volumes'])).toMatchObject({ code: 0 });
    expect((await bench.run(['doctor'])).code).toBe(0);
  });

  test('warns of a state folder that is open to others', async () => {
    await using bench = await openWorkbench();
    await chmod(bench.home, 0o755);
    expect((await bench.run(['doctor'])).stdout).toMatch(/warning +state folder[^]+chmod 700/);
  });

  test('fails on a state folder that cannot be made', async () => {
    await using bench = await openWorkbench();
    await writeFile(join(bench.home, 'file'), '');
    const ran = await bench.run(['doctor'], { env: { CECOCHAT_HOME: join(bench.home, 'file', 'x') } });
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringMatching(/failed +state folder +.*cannot be made/) });
  });
});
