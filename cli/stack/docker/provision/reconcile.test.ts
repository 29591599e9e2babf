import { describe, expect, test } from 'vitest';
import { CecochatError } from '../../../../services/core/errors.ts';
import { systemClock, type Clock } from '../../../../services/core/time/clock.ts';
import { parseCompose } from '../compose/parse-compose.ts';
import { EngineRefusal } from '../engine/docker-engine.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.fixture.ts';
import { planStack } from './plan-parts.ts';
import { reconcile } from './reconcile.ts';
import { removeStack } from './stack-objects.ts';
import { UndoList } from './undo-list.ts';

const compose = (mode = 'a') => `
services:
  web:
    image: web:1
    depends_on: { db: { condition: service_healthy } }
  db:
    image: db:1
    environment: { MODE: ${mode} }
    ports: ['127.0.0.1:5000:5000']
    volumes: ['data:/data']
    healthcheck: { test: [CMD, check] }
volumes:
  data:
`;
const project = { stack: 'one', home: '/home' };

/** What sleeps goes on at once, that much later. */
function leapingClock(): Clock {
  let atMs = 0;
  return {
    ...systemClock,
    monotonicMs: () => atMs,
    sleep: (ms, signal) => {
      atMs += ms;
      return systemClock.sleep(0, signal);
    },
  };
}

interface Run {
  readonly text?: string;
  readonly signal?: AbortSignal;
  readonly stack?: string;
}

async function up(engine: FakeEngine, { text = compose(), signal, stack = 'one' }: Run = {}): Promise<boolean> {
  const undo = new UndoList(engine);
  const { services } = parseCompose('/compose.yaml', text, {});
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers(),
    engine.listNetworks(),
    engine.listVolumes(),
  ]);
  const found = { containers, networks, volumes, images: new Map(engine.images) };
  const plan = planStack({ ...project, stack }, services, found);
  try {
    await reconcile({
      engine,
      project: { ...project, stack },
      plan,
      ports: {},
      undo,
      clock: leapingClock(),
      signal: signal ?? new AbortController().signal,
      report: () => undefined,
      askEngine: () => undefined,
      onStarted: () => undefined,
      onHealthy: (part) => {
        const isChanged = plan.parts.some(({ service, action }) => service.name === part && action !== 'keep');
        if (isChanged) engine.done.push(`healthy ${part}`);
      },
    });
    return plan.isChange;
  } catch (error) {
    await undo.run();
    throw error;
  }
}

const fresh = () => createFakeEngine(['web:1', 'db:1']);
const nothing = (engine: FakeEngine) => [engine.containers.size, engine.networks.size, engine.volumes.size];
const ids = (engine: FakeEngine) => [...engine.containers.keys()];

describe('the provisioner', () => {
  test('starts what depends on another part once that one is healthy; a second time it changes nothing', async () => {
    const engine = fresh();
    expect(await up(engine)).toBe(true);
    const wanted = ['create db', 'start db', 'healthy db', 'create web', 'start web', 'healthy web'];
    expect(engine.done.filter((what) => wanted.includes(what))).toEqual(wanted);
    const before = [ids(engine), engine.done.length];
    expect(await up(engine)).toBe(false);
    expect([ids(engine), engine.done.length]).toEqual(before);
  });

  test('makes a container anew whose definition or image changed, and keeps the volume', async () => {
    const engine = fresh();
    await up(engine);
    const [db, web] = ids(engine);
    engine.done.length = 0;
    expect(await up(engine, { text: compose('b') })).toBe(true);
    expect(engine.done.filter((what) => what.includes('volume') || what.includes('network'))).toEqual([]);
    expect(ids(engine)).toEqual([web, expect.not.stringMatching(`^${db}$`)]);
    engine.images.set('web:1', 'sha256:newer');
    await up(engine, { text: compose('b') });
    expect(ids(engine)).not.toContain(web);
  });

  test('starts what is stopped, and starts anew what is not healthy', async () => {
    const engine = fresh();
    await up(engine);
    const [db] = [...engine.containers.values()];
    Object.assign(db ?? {}, { state: 'exited', exitCode: 137 });
    const before = ids(engine);
    expect(await up(engine)).toBe(true);
    expect([db?.state, ids(engine)]).toEqual(['running', before]);
    Object.assign(db ?? {}, { health: 'unhealthy' });
    engine.done.length = 0;
    await up(engine);
    expect(engine.done).toEqual(['stop db', 'start db', 'healthy db']);
  });

  test.each(['container', 'volume', 'network'])(
    'leaves alone a %s of somebody else that has its name',
    async (kind) => {
      const engine = fresh();
      const labels = { 'com.docker.compose.project': 'cecochat-one' };
      const names = { container: 'cecochat-one-db-1', volume: 'cecochat-one_data', network: 'cecochat-one_default' };
      const name = names[kind as keyof typeof names];
      if (kind === 'volume') engine.volumes.set(name, { name, labels });
      if (kind === 'network') engine.networks.set(name, { name, labels });
      if (kind === 'container') {
        const state = { state: 'running', health: 'none', exitCode: 0, output: [] } as const;
        engine.containers.set('x', {
          id: 'x',
          name,
          labels,
          image: 'db:1',
          imageId: '',
          ports: [],
          ...state,
          output: [],
        });
      }
      await expect(up(engine)).rejects.toMatchObject({
        code: 'data.locked',
        message: `there is a ${kind} ${name} already: it belongs to the Docker Compose project "cecochat-one"`,
      });
      expect(engine.done).toEqual([]);
    },
  );

  test('tells a port that is taken, and takes away what it made', async () => {
    const engine = fresh();
    engine.before = (what) => {
      if (what === 'start db')
        throw new EngineRefusal(500, 'Bind for 127.0.0.1:5000 failed: port is already allocated');
    };
    await expect(up(engine)).rejects.toMatchObject({ code: 'port.busy', data: { port: '5000', part: 'db' } });
    expect(nothing(engine)).toEqual([0, 0, 0]);
  });

  test('tells an image that cannot be pulled, and takes away what it made', async () => {
    const engine = fresh();
    const text = compose().replace('web:1', 'absent:1');
    await expect(up(engine, { text })).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: 'the image absent:1 is not on this engine and cannot be pulled',
      hint: expect.stringContaining('docker pull absent:1'),
    });
    expect(nothing(engine)).toEqual([0, 0, 0]);
  });

  test.each([
    ['ends', { state: 'exited', exitCode: 3 }, 'ended with code 3'],
    ['gets unhealthy', { health: 'unhealthy' }, 'is not healthy: its health check says nothing'],
  ] as const)(
    'tells a container that %s with its last lines, and gives up the others',
    async (_how, change, message) => {
      const engine = fresh();
      engine.before = (what) => {
        const [db] = [...engine.containers.values()];
        if (what === 'run db' && db !== undefined) Object.assign(db, change, { output: ['one', 'last words'] });
      };
      await expect(up(engine)).rejects.toMatchObject({
        code: 'stack.unhealthy',
        message: `container cecochat-one-db-1 (db:1) ${message}`,
        data: { log: 'one\nlast words', part: 'db' },
      });
      expect(nothing(engine)).toEqual([0, 0, 0]);
      expect(engine.done).not.toContain('create web');
    },
  );

  test('a program without a health check that ends a moment after its container was running has failed', async () => {
    const made = fresh();
    let looks = 0;
    const engine: FakeEngine = {
      ...made,
      inspectContainer: async (id) => {
        const web = [...made.containers.values()].find(({ name }) => name.includes('web'));
        if (web?.id === id && (looks += 1) === 3) Object.assign(web, { state: 'exited', exitCode: 1 });
        return await made.inspectContainer(id);
      },
    };
    await expect(up(engine)).rejects.toMatchObject({
      code: 'stack.unhealthy',
      message: 'container cecochat-one-web-1 (web:1) ended with code 1',
    });
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(nothing(engine)).toEqual([0, 0, 0]);
  });

  test.each(['create network', 'create db', 'start db', 'run db', 'create web', 'start web', 'run web'])(
    'leaves nothing behind when it is interrupted at: %s',
    async (moment) => {
      const engine = fresh();
      const interrupt = new AbortController();
      engine.before = (what) => {
        if (what === moment) interrupt.abort(new CecochatError('interrupted', 'interrupted by SIGINT'));
      };
      await expect(up(engine, { signal: interrupt.signal })).rejects.toMatchObject({ code: 'interrupted' });
      expect(nothing(engine)).toEqual([0, 0, 0]);
    },
  );

  test('stops again what did not run before a failed run, and deletes no data of before', async () => {
    const engine = fresh();
    await up(engine);
    for (const container of engine.containers.values()) Object.assign(container, { state: 'exited' });
    engine.before = (what) => {
      if (what === 'run web') throw new EngineRefusal(500, 'no');
    };
    await expect(up(engine)).rejects.toMatchObject({ code: 'stack.unhealthy' });
    expect([...engine.containers.values()].map(({ state }) => state)).toEqual(['exited', 'exited']);
    expect(nothing(engine)).toEqual([2, 1, 1]);
  });

  test('takes a stack down by its labels, its data only when it is told to', async () => {
    const engine = fresh();
    await up(engine);
    await up(engine, { stack: 'two', text: compose().replaceAll('5000', '5001') });
    expect(await removeStack({ engine, project, graceMs: 1, deleteVolumes: false })).toBe(2);
    expect(nothing(engine)).toEqual([2, 1, 2]);
    await removeStack({ engine, project, graceMs: 1, deleteVolumes: true });
    expect(nothing(engine)).toEqual([2, 1, 1]);
    expect(
      await removeStack({ engine, project: { ...project, home: '/other' }, graceMs: 1, deleteVolumes: true }),
    ).toBe(0);
  });
});
