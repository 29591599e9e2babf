/**
 * An `up` that fails or is interrupted, on a real Docker engine: it says why and what helps, and leaves nothing.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { openSandbox, programFile } from '../sandbox.ts';
import { docker, engineUrl, requireEngine, snapshot } from './docker-command.ts';

beforeAll(requireEngine);

const stack = `fails-${process.pid}`;
const env = { DOCKER_HOST: engineUrl };
const up = ['up', '--backends', 'docker', '--name', stack];

test('an image that is not there and cannot be pulled is told within ten seconds, with what to do', async () => {
  await using sandbox = await openSandbox();
  const before = await snapshot();
  const kept = `cecochat-kept:${process.pid}`;
  await docker('tag', 'redis:7', kept);
  await docker('rmi', 'redis:7');
  try {
    const ran = await sandbox.run(up, { env });
    expect(ran.exitCode).toBe(1);
    expect(ran.tookMs).toBeLessThan(10_000);
    expect(ran.stderr).toMatch(
      /error: the image redis:7 is not on this engine and cannot be pulled(?:: .+)?\n +why: .+\n +try: docker pull redis:7, or .*docker save redis:7/,
    );
  } finally {
    await docker('tag', kept, 'redis:7');
    await docker('rmi', kept);
  }
  expect(await snapshot()).toEqual(before);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('a port from the environment that somebody has is told with who has it', async () => {
  await using sandbox = await openSandbox();
  const before = await snapshot();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ran = await sandbox.json(up, { env: { ...env, CECOCHAT_REDIS_PORT: String(port) } });
  server.close();
  expect([ran.exitCode, ran.errorCode]).toEqual([1, 'port.busy']);
  expect(ran.errorMessage).toBe(`port ${port} of CECOCHAT_REDIS_PORT is taken by node, pid ${process.pid}`);
  expect(await snapshot()).toEqual(before);
});

test('an engine that ends over damaged data is told with its last lines, and its volume stays', async () => {
  await using sandbox = await openSandbox();
  const volume = `cecochat-${stack}_redis-data`;
  const home = `${sandbox.home}/.local/state/cecochat`;
  const labels = ['--label', `cecochat.stack=${stack}`, '--label', `cecochat.home=${home}`];
  await docker('volume', 'create', ...labels, volume);
  const spoil = 'mkdir -p appendonlydir && echo damaged >appendonlydir/appendonly.aof.manifest';
  await docker('run', '--rm', '--volume', `${volume}:/data`, 'redis:7', 'sh', '-c', spoil);
  const before = await snapshot();
  const ran = await sandbox.run(up, { env });
  expect(ran.exitCode).toBe(5);
  expect(ran.stderr).toMatch(
    new RegExp(`last lines of the log:\\n[^]+manifest[^]+error: container cecochat-${stack}-redis-1 \\(redis:7\\) end`),
  );
  expect(await snapshot()).toEqual(before);
  expect((await sandbox.run(['down', '--volumes', '--name', stack], { env })).exitCode).toBe(0);
  expect(await snapshot()).toEqual(before.filter((line) => line !== `volume ${volume}`));
});

test('Ctrl-C at ten random moments leaves nothing behind, with exit code 130', async () => {
  await using sandbox = await openSandbox();
  const before = await snapshot();
  const random = seededRandom(process.pid);
  for (let round = 0; round < 10; round += 1) {
    const ms = Math.round(150 + random.next() * 6000);
    const running = sandbox.start([process.execPath, programFile, ...up], { env });
    await systemClock.sleep(ms);
    running.interrupt();
    const ran = await running.ended;
    console.log(`Ctrl-C after ${ms} ms: exit code ${ran.exitCode} after ${Math.round(ran.tookMs - ms)} ms more`);
    // Before it listens to signals, one ends it as it ends any program.
    expect(ran.exitCode ?? ran.signal, ran.stderr).toBe(ran.exitCode === null ? 'SIGINT' : 130);
    expect(await snapshot()).toEqual(before);
    expect(await sandbox.leftovers()).toEqual([]);
  }
});

test('a second Ctrl-C ends it at once; down takes away what is left', async () => {
  await using sandbox = await openSandbox();
  const before = await snapshot();
  const running = sandbox.start([process.execPath, programFile, ...up], { env });
  while ((await docker('ps', '--all', '--quiet', '--filter', `label=cecochat.stack=${stack}`)) === '') {
    await systemClock.sleep(20);
  }
  running.interrupt();
  // One that comes before the program has taken the first is the same one to it.
  while (running.child.exitCode === null && running.child.signalCode === null) {
    await systemClock.sleep(20);
    running.interrupt();
  }
  const { exitCode, signal } = await running.ended;
  expect([exitCode, signal]).toEqual([null, 'SIGINT']);
  await sandbox.run(['down', '--volumes', '--name', stack], { env });
  expect(await snapshot()).toEqual(before);
  expect(await sandbox.leftovers()).toEqual([]);
});
