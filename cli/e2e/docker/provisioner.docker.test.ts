/**
 * The provisioner on a real Docker engine, with small services of the tests' own: every way to fail, provoked.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../services/core/time/clock.ts';
import { parseCompose } from '../../stack/docker/compose/parse-compose.ts';
import type { DockerEngine } from '../../stack/docker/engine/docker-engine.ts';
import { connectEngine } from '../../stack/docker/engine/dockerode-engine.ts';
import type { Project } from '../../stack/docker/provision/project.ts';
import { planStack } from '../../stack/docker/provision/plan-parts.ts';
import { reconcile } from '../../stack/docker/provision/reconcile.ts';
import { removeStack } from '../../stack/docker/provision/stack-objects.ts';
import { UndoList } from '../../stack/docker/provision/undo-list.ts';
import { containersOf, docker, engineUrl, isListening, requireEngine, snapshot } from './docker-command.ts';

beforeAll(requireEngine);

const stack = `small-${process.pid}`;
const project = { stack, home: '/nowhere' };
const real = connectEngine({ url: engineUrl, origin: 'the test', tls: undefined });
const port = 20_000 + (process.pid % 10_000);

/** Two services: `one` with what is given, and `two`, which starts after it. */
const compose = (one: string) => `
x-defaults: &defaults
  image: redis:7
  stop_grace_period: 0s
  healthcheck: { test: [CMD, redis-cli, ping], interval: 1s }
services:
  one:
    <<: *defaults
${one}
  two:
    <<: *defaults
    depends_on: { one: { condition: service_healthy } }
volumes:
  data:
`;
const well = compose(`    volumes: ['data:/data']
    ports: ['127.0.0.1:${port}:6379']`);

const changed = well.replace('    volumes:', '    environment: { MODE: other }\n    volumes:');

async function up(text: string, engine: DockerEngine = real, of: Project = project): Promise<boolean> {
  const undo = new UndoList(engine);
  const [containers, networks, volumes, image] = await Promise.all([
    engine.listContainers(),
    engine.listNetworks(),
    engine.listVolumes(),
    engine.inspectImage('redis:7'),
  ]);
  const { services } = parseCompose('/compose.yaml', text, {});
  const images = new Map(image === undefined ? [] : [['redis:7', image.id]]);
  const plan = planStack(of, services, { containers, networks, volumes, images });
  try {
    await reconcile({
      engine,
      project: of,
      plan,
      ports: {},
      undo,
      clock: systemClock,
      signal: new AbortController().signal,
      report: () => undefined,
      askEngine: () => undefined,
      onStarted: () => undefined,
      onHealthy: () => undefined,
    });
    return plan.isChange;
  } catch (error) {
    await undo.run();
    throw error;
  }
}

/** Takes everything away at the end, and compares with what there was. */
async function cleanEngine(): Promise<AsyncDisposable> {
  const before = await snapshot();
  return {
    [Symbol.asyncDispose]: async () => {
      await removeStack({ engine: real, project, graceMs: 0, deleteVolumes: true });
      expect([await snapshot(), await isListening(port)]).toEqual([before, false]);
    },
  };
}

describe('a failed run leaves nothing behind, and tells of', () => {
  test.each([
    {
      what: 'a container that ends',
      one: `    command: [sh, -c, 'echo last words; exit 3']`,
      message: /^container cecochat-small-\d+-one-1 \(redis:7\) ended with code 3$/,
      log: 'last words',
    },
    {
      what: 'one that ends again and again',
      one: `    command: [sh, -c, 'echo once more; exit 4']\n    restart: unless-stopped`,
      message: / ends again and again(, last with code 4)?$| ended with code 4$/,
      log: 'once more',
    },
    {
      what: 'one without memory',
      one: `    command: [sh, -c, 'echo hungry; tail /dev/zero']\n    mem_limit: 8m`,
      message: / ended for lack of memory \(limit 8 MiB\)$/,
      log: 'hungry',
    },
    {
      what: 'one that does not get healthy',
      one: `    healthcheck: { test: 'echo no answer; exit 1', interval: 200ms, retries: 2 }`,
      message: / is not healthy: no answer$/,
      log: 'Ready to accept connections',
    },
  ])('$what, with its last lines', async ({ one, message, log }) => {
    await using _clean = await cleanEngine();
    const before = await snapshot();
    await expect(up(compose(one))).rejects.toMatchObject({
      code: 'stack.unhealthy',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--keep'),
      data: { part: 'one', log: expect.stringContaining(log) },
    });
    expect(await snapshot()).toEqual(before);
  });

  test('a port that another container has', async () => {
    await using _clean = await cleanEngine();
    const other = `other-${process.pid}`;
    await docker('run', '--detach', '--name', other, '--publish', `127.0.0.1:${port}:6379`, 'redis:7');
    const before = await snapshot();
    try {
      await expect(up(well)).rejects.toMatchObject({ code: 'port.busy', message: `port ${port} of one is taken` });
      expect(await snapshot()).toEqual(before);
    } finally {
      await docker('rm', '--force', '--volumes', other);
    }
  });

  test('a command that the image does not have', async () => {
    await using _clean = await cleanEngine();
    await expect(up(compose('    command: [no-such-command]'))).rejects.toMatchObject({
      code: 'stack.unhealthy',
      message: expect.stringMatching(/ does not start$|ended with code 127/),
    });
  });

  test('a container of somebody else that has its name', async () => {
    await using _clean = await cleanEngine();
    const name = `cecochat-${stack}-one-1`;
    await docker('run', '--detach', '--name', name, 'redis:7');
    try {
      await expect(up(well)).rejects.toMatchObject({
        code: 'data.locked',
        message: `there is a container ${name} already: cecochat did not make it`,
      });
      expect(await docker('inspect', '--format', '{{.State.Status}}', name)).toBe('running');
    } finally {
      await docker('rm', '--force', '--volumes', name);
    }
  });
});

test('a second run changes nothing; a changed definition makes just that container anew, on its volume', async () => {
  await using _clean = await cleanEngine();
  expect(await up(well)).toBe(true);
  const made = await containersOf(stack);
  await docker('exec', made['one'] ?? '', 'sh', '-c', 'echo kept >/data/file');
  expect(await up(well)).toBe(false);
  expect(await containersOf(stack)).toEqual(made);
  expect(await up(changed)).toBe(true);
  const now = await containersOf(stack);
  expect([now['one'] === made['one'], now['two'] === made['two']]).toEqual([false, true]);
  expect(await docker('exec', now['one'] ?? '', 'cat', '/data/file')).toBe('kept');
  for (const how of ['kill', 'pause', 'stop']) {
    await docker(how, now['one'] ?? '');
    expect(await up(changed)).toBe(true);
    expect(await containersOf(stack)).toEqual(now);
    expect(await docker('exec', now['one'] ?? '', 'redis-cli', 'ping')).toBe('PONG');
  }
});

test('two stacks from one file share nothing: taking one away leaves the other as it is', async () => {
  await using _clean = await cleanEngine();
  const other = { stack: `other-${process.pid}`, home: '/nowhere' };
  await Promise.all([up(well), up(well.replace(`${port}:`, `${port + 1}:`), real, other)]);
  const made = await containersOf(other.stack);
  await docker('exec', made['one'] ?? '', 'sh', '-c', 'echo other >/data/file');
  expect(await removeStack({ engine: real, project, graceMs: 0, deleteVolumes: true })).toBe(2);
  expect(await containersOf(stack)).toEqual({});
  expect(await containersOf(other.stack)).toEqual(made);
  expect(await docker('exec', made['one'] ?? '', 'cat', '/data/file')).toBe('other');
  expect(await docker('exec', made['two'] ?? '', 'redis-cli', '-h', 'one', 'ping')).toBe('PONG');
  expect(await removeStack({ engine: real, project: other, graceMs: 0, deleteVolumes: true })).toBe(2);
});

test('an engine that goes away midway is told, and what was made is found and taken away later', async () => {
  await using _clean = await cleanEngine();
  await using proxy = await openProxy();
  const engine = connectEngine({ url: proxy.url, origin: 'the test', tls: undefined });
  const never = compose(`    healthcheck: { test: [CMD, 'false'], interval: 30s }`);
  const running = up(never, engine).catch((error: unknown) => error);
  while (Object.keys(await containersOf(stack)).length === 0) await systemClock.sleep(20);
  await proxy[Symbol.asyncDispose]();
  expect(await running).toMatchObject({
    code: 'engine.unavailable',
    message: `the Docker engine at ${proxy.url} does not answer any more`,
  });
  expect(await removeStack({ engine: real, project, graceMs: 0, deleteVolumes: true })).toBe(1);
});

/** Hands everything on to the real engine until it is disposed of. */
async function openProxy(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-proxy-'));
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const engine = connect(engineUrl.replace('unix://', ''));
    for (const socket of [client, engine]) sockets.add(socket.on('error', () => undefined));
    client.pipe(engine).pipe(client);
  });
  server.listen(join(folder, 'docker.sock'));
  await once(server, 'listening');
  return {
    url: `unix://${join(folder, 'docker.sock')}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
