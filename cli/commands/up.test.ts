import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CecochatError } from '../../services/core/errors.ts';
import { checkOutput } from '../e2e/output-schema.ts';
import { processIdentity } from '../../services/embedded/process-identity.ts';
import type { Ran } from '../e2e/run-command.ts';
import { isRunning } from '../stack/process/process-identity.ts';
import { free, openStacks, stateOf } from './open-stacks.fixture.ts';

const json = (ran: Ran) => checkOutput(ran.stdout);

describe('a stack', () => {
  test('has its servers in containers only where its engines are', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--backends', 'embedded', '--servers', 'containers', ...free]);
    expect(up).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('option --servers containers needs a Docker engine'),
    });
  });

  test('does not start with an option that would do nothing', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--plain', ...free]);
    expect(up).toMatchObject({ code: 2, stderr: expect.stringContaining('option --plain says how --foreground') });
    expect(await readdir(bench.home)).toEqual([]);
  });

  test('comes up, is healthy, is found running, and goes down', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', ...free]);
    expect([up.code, up.stderr]).toEqual([0, expect.stringMatching(/^stack "default": embedded engines, since/)]);
    expect(up.stdout).toMatch(
      /stack "default" is ready after [^]+profile +ready +http:[^]+demo users +bob, alice, peter[^]+cecochat down/,
    );
    const { pid } = await stateOf(bench);

    const again = json(await bench.run(['up', '--json', ...free]));
    expect(again).toMatchObject({ status: 'ok', data: { alreadyRunning: true, pid } });
    expect(await bench.run(['wait'])).toMatchObject({ code: 0 });
    const status = json(await bench.run(['status', '--json']));
    expect(status.data).toMatchObject({ condition: 'ready', pid, servers: [{ state: 'ready' }] });

    const down = json(await bench.run(['down', '--json']));
    expect(down.data).toMatchObject({ stopped: 'stopped', deleted: false });
    expect(await isRunning(await stateOf(bench))).toBe(false);
    expect(await bench.run(['status'])).toMatchObject({ code: 3, stderr: expect.stringContaining('is stopped') });
    expect(json(await bench.run(['down', '--json'])).data).toMatchObject({ stopped: 'was-not-running' });
    expect((await readdir(join(bench.home, 'default'))).toSorted()).toEqual([
      'data',
      'engines.json',
      'logs',
      'ports.json',
      'secrets.json',
      'stack.json',
    ]);
  });

  test('keeps its passwords and ports, which nobody else may read, until its data is deleted', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    const secrets = await readFile(join(bench.home, 'default', 'secrets.json'), 'utf8');
    const [server] = (await stateOf(bench)).servers;
    await bench.run(['down']);
    await bench.run(['up']);
    expect(await readFile(join(bench.home, 'default', 'secrets.json'), 'utf8')).toBe(secrets);
    expect((await stateOf(bench)).servers).toEqual([server]);
    const down = await bench.run(['down', '--volumes']);
    expect(down.stderr).toMatch(/^deleting .+: .+B/);
    expect(await readdir(bench.home)).toEqual([]);
    expect(await bench.run(['down'])).toMatchObject({ code: 3 });
  });

  test('is repaired by the next up after its process was killed', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    const before = await stateOf(bench);
    process.kill(before.pid, 'SIGKILL');
    while (await isRunning(before)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await bench.run(['status'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('ended without a word'),
    });
    const up = await bench.run(['up', ...free]);
    expect(up).toMatchObject({ code: 0, stderr: expect.stringContaining(`had died (process ${before.pid} is gone)`) });
    expect((await stateOf(bench)).pid).not.toBe(before.pid);
  });

  test('is not taken for another process that has its pid now', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    await bench.run(['down']);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    try {
      const path = join(bench.home, 'default', 'stack.json');
      await writeFile(path, JSON.stringify({ ...(await stateOf(bench)), status: 'running', pid: other.pid }));
      expect((await bench.run(['status'])).code).toBe(3);
      expect((await bench.run(['down'])).code).toBe(0);
      expect(other.exitCode ?? other.signalCode).toBeNull();
    } finally {
      other.kill('SIGKILL');
    }
  });

  test.each([
    ['damaged', async (path: string): Promise<void> => writeFile(path, '{"name":')],
    ['removed', async (path: string): Promise<void> => rm(path)],
  ])('is found by who holds its data, and stopped, when stack.json is %s', async (_what, spoil) => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    const state = await stateOf(bench);
    const folder = join(bench.home, 'default');
    await mkdir(join(folder, 'data', 'history'));
    const holder = { pid: state.pid, identity: processIdentity(state.pid), token: 'x' };
    await writeFile(join(folder, 'data', 'history', 'lock'), JSON.stringify(holder));
    await spoil(join(folder, 'stack.json'));
    for (const command of [['status'], ['up', ...free]]) {
      const ran = await bench.run(command);
      expect([ran.code === 0, ran.stderr]).toEqual([false, expect.stringContaining('try: cecochat down')]);
    }
    expect(await isRunning(state)).toBe(true);
    const down = await bench.run(['down']);
    expect(down).toMatchObject({ code: 0, stdout: expect.stringContaining('stopped after') });
    expect(await isRunning(state)).toBe(false);
    expect((await bench.run(['up', ...free])).code).toBe(0);
    expect((await bench.run(['down', '--volumes'])).code).toBe(0);
  });

  test('ends by itself when its folder was deleted, and leaves the folder deleted', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free]);
    const state = await stateOf(bench);
    await rm(join(bench.home, 'default'), { recursive: true });
    while (await isRunning(state)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await readdir(bench.home)).toEqual([]);
  });

  test('runs beside another one', async () => {
    await using bench = await openStacks();
    const [one, two] = await Promise.all([bench.run(['up', ...free]), bench.run(['up', '--name', 'two', ...free])]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect((await bench.run(['status'])).stdout).toContain('other stacks: two');
    await bench.run(['down']);
    expect([(await bench.run(['status'])).code, (await bench.run(['status', '--name', 'two'])).code]).toEqual([3, 0]);
  });

  test('is started once by two at the same time', async () => {
    await using bench = await openStacks();
    const both = await Promise.all([bench.run(['up', '--json', ...free]), bench.run(['up', '--json', ...free])]);
    const data = both.map((ran) => json(ran).data);
    const started = data.map((found) => found !== null && 'alreadyRunning' in found && String(found.alreadyRunning));
    expect(new Set(started)).toEqual(new Set(['false', 'true']));
  });

  test('takes a free port for a busy one, and says who has it', async () => {
    await using bench = await openStacks();
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const up = json(await bench.run(['up', '--json', '--port-base', String(port)]));
    expect(up.warnings[0]).toMatch(new RegExp(`^port ${port} is busy.*: using \\d+ for profile\\.http$`));
    expect(process.platform === 'linux' ? up.warnings[0] : `pid ${process.pid}`).toContain(`pid ${process.pid}`);
    expect((await bench.run(['status'])).code).toBe(0);
    blocker.close();
  });

  test('that is not healthy exits with 5, and names the server and its reason', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free], { env: { STAND_IN: 'sick' } });
    const status = await bench.run(['status']);
    expect(status).toMatchObject({ code: 5, stderr: expect.stringContaining('is not healthy: profile') });
    expect(status.stdout).toContain('not ready: it is tired');
    expect(json(await bench.run(['status', '--json'])).error?.code).toBe('stack.unhealthy');
    expect(await bench.run(['wait', '--timeout', '1ms'])).toMatchObject({ code: 4 });
    const again = await bench.run(['up', ...free]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('runs but is not ready (profile)') });
  });
});

describe('an up that fails', () => {
  test('prints the cause, what helps and the last log lines, and leaves nothing running', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', ...free], { env: { STAND_IN: 'fails' } });
    expect([up.code, up.stdout]).toEqual([1, '']);
    expect(up.stderr).toMatch(
      /\| .*a line of the log[^]+error: the data folder is damaged\n +why: bad magic number\n +try: restore it/,
    );
    expect(await isRunning(await stateOf(bench))).toBe(false);
    const { error } = json(await bench.run(['up', '--json', ...free], { env: { STAND_IN: 'fails' } }));
    expect(error).toMatchObject({ code: 'data.damaged', data: { log: expect.stringContaining('a line of the log') } });
  });

  test('tells a crash from an error', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', ...free], { env: { STAND_IN: 'crashes' } });
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/the roof is on fire[^]+ended by SIGKILL before it was ready/);
  });

  test('by its time limit exits with 4, says what was missing, and leaves nothing running', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--timeout', '8s', ...free], { env: { STAND_IN: 'never' } });
    expect(up).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/was not ready after 8000 ms\n +why: profile: it is tired/),
    });
    expect(await isRunning(await stateOf(bench))).toBe(false);
  });

  test('leaves it running with --keep', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--keep', '--timeout', '8s', ...free], { env: { STAND_IN: 'never' } });
    expect(up.code).toBe(4);
    expect(await isRunning(await stateOf(bench))).toBe(true);
    expect((await bench.run(['status'])).code).toBe(5);
  });

  test('whose partitions cannot be spread leaves nothing running', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--messaging', '3', ...free]);
    expect([up.code, up.stdout]).toEqual([expect.any(Number), '']);
    expect(up.code).not.toBe(0);
    expect(await bench.run(['status'])).toMatchObject({ code: 3, stderr: expect.stringContaining('is stopped') });
  });

  test('says where it looked for Docker, and what needs none', async () => {
    await using bench = await openStacks();
    const up = await bench.run(['up', '--backends', 'docker']);
    expect(up).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Docker cannot be used: no Docker engine answers at unix:.*no-docker.sock \(DOCKER_HOST\): there is no such socket\n +try: .*--backends embedded/,
      ),
    });
    const other = await bench.run(['up', '--backends', 'embedded', '--docker-host', 'unix:///x']);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--docker-host does not go with') });
  });
});

describe('down', () => {
  test('kills a process that does not stop in time, and says so', async () => {
    await using bench = await openStacks();
    await bench.run(['up', ...free], { env: { STAND_IN: 'deaf' } });
    const down = json(await bench.run(['down', '--timeout', '200ms', '--json']));
    expect(down).toMatchObject({ data: { stopped: 'killed' }, warnings: [expect.stringContaining('killing it')] });
    expect(await isRunning(await stateOf(bench))).toBe(false);
  });
});

describe('up --foreground', () => {
  test('shows the log until Ctrl-C, and then stops the stack', async () => {
    await using bench = await openStacks();
    const interrupt = new AbortController();
    const onStdout = (text: string): void => {
      if (text.includes('"event":"ready"')) {
        interrupt.abort(new CecochatError('interrupted', 'interrupted by SIGINT'));
      }
    };
    const ran = await bench.run(['up', '--foreground', '--json', ...free], { signal: interrupt.signal, onStdout });
    expect(ran.code).toBe(130);
    expect(json(ran).error?.code).toBe('interrupted');
    expect(await isRunning(await stateOf(bench))).toBe(false);
  });
});

describe('logs', () => {
  test('shows, filters and formats what the servers logged', async () => {
    await using bench = await openStacks();
    expect((await bench.run(['logs'])).code).toBe(3);
    await bench.run(['up', ...free]);
    await bench.run(['down']);
    const all = await bench.run(['logs']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(all.stdout).toBe(
      '03:04:05.678 info  profile      a line of the log\n03:04:05.678 warn  profile      a warning in the log\n',
    );
    expect((await bench.run(['logs', '--level', 'warn'])).stdout).toContain('a warning');
    expect((await bench.run(['logs', '--level', 'warn'])).stdout).not.toContain('a line');
    expect((await bench.run(['logs', '--part', 'messaging'])).stdout).toBe('');
    expect((await bench.run(['logs', '--tail', '1'])).stdout).not.toContain('a line');
    expect(await bench.run(['logs', '--part', 'kafka'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no server "kafka"'),
    });
    expect(json(await bench.run(['logs', '--json'])).data).toEqual({ name: 'default', lines: 2 });
  });
});
