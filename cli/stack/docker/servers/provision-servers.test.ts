import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../../services/core/time/clock.ts';
import { messagingIds, portNames } from '../../ports.ts';
import { createFakeEngine, type FakeEngine } from '../provision/fake-engine.fixture.ts';
import { provisionStack, type Planned } from '../provision/provision-stack.ts';
import { readStackCompose } from '../provision/stack-compose.ts';

const token = 'the-token-of-the-administrator';
/** Stands for every server: it is ready. */
const ready = createServer((_request, response) => response.end());
beforeAll(() => new Promise<void>((resolve) => void ready.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => void ready.close(resolve)));

async function engineWithImages(): Promise<FakeEngine> {
  const { services } = await readStackCompose({});
  return createFakeEngine(['node:20-slim', ...services.map(({ image }) => image)]);
}

/** What was planned, and what the engine was told. */
async function up(engine: FakeEngine, { messaging, tag }: { messaging: number; tag: string }) {
  const from = engine.done.length;
  const { port } = ready.address() as AddressInfo;
  let planned: Planned | undefined;
  await provisionStack({
    engine,
    project: { stack: 'one', home: '/home' },
    clock: systemClock,
    signal: new AbortController().signal,
    env: {},
    report: () => undefined,
    warn: () => undefined,
    remembered: {},
    reserved: new Set(),
    portBase: 24_200,
    profiles: [],
    servers: {
      messagingServerIds: messagingIds(messaging),
      adminToken: token,
      choosePorts: () => Promise.resolve(Object.fromEntries(portNames(messaging).map((name) => [name, port]))),
      image: {
        reference: `cecochat-servers:${tag}`,
        base: 'node:20-slim',
        files: () => Promise.resolve([]),
      },
    },
    keep: false,
    onPlanned: (plan) => {
      planned = plan;
      return Promise.resolve();
    },
    askEngine: () => undefined,
    onStarted: () => undefined,
    onHealthy: () => undefined,
  });
  return { planned, done: engine.done.slice(from) };
}

test('servers are made from one image that is built once, and anew when the program changed', async () => {
  const engine = await engineWithImages();
  const first = await up(engine, { messaging: 2, tag: '1' });
  expect(first.done.filter((what) => what.startsWith('build'))).toEqual(['build cecochat-servers:1']);
  const parts = [...engine.containers.values()].map(({ labels }) => labels['cecochat.part']);
  expect(parts).toHaveLength(10);
  expect(JSON.stringify([...engine.containers.values()].map(({ labels }) => labels))).not.toContain(token);

  const second = await up(engine, { messaging: 2, tag: '1' });
  expect(second).toMatchObject({ done: [], planned: { isChange: false, isServerChange: false } });

  const changed = await up(engine, { messaging: 2, tag: '2' });
  expect(changed.planned).toMatchObject({ isChange: false, isServerChange: true });
  expect(changed.done).toContain('build cecochat-servers:2');
  expect(changed.done).toContain('remove image cecochat-servers:1');
  expect(changed.done.filter((what) => what.startsWith('create '))).toHaveLength(7);
});

test('only messaging servers come and go when their number changes', async () => {
  const engine = await engineWithImages();
  await up(engine, { messaging: 2, tag: '1' });
  const more = await up(engine, { messaging: 3, tag: '1' });
  expect(more.done).toEqual(['create messaging-s3', 'start messaging-s3']);
  const less = await up(engine, { messaging: 1, tag: '1' });
  expect(less.done.toSorted()).toEqual([
    'remove messaging-s2',
    'remove messaging-s3',
    'stop messaging-s2',
    'stop messaging-s3',
  ]);
});

test('a build that fails leaves nothing and says why', async () => {
  const engine = await engineWithImages();
  engine.before = (what) => {
    if (what.startsWith('build')) throw new Error('no space left on device');
  };
  await expect(up(engine, { messaging: 2, tag: '1' })).rejects.toThrow('no space left on device');
  expect([engine.containers.size, engine.networks.size, engine.volumes.size]).toEqual([0, 0, 0]);
});
