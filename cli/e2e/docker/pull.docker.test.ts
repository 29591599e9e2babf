/**
 * Images pulled by a real Docker engine from a registry on this machine: what is told meanwhile, and why it failed.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../services/core/time/clock.ts';
import { parseCompose } from '../../stack/docker/compose/parse-compose.ts';
import { connectEngine } from '../../stack/docker/engine/dockerode-engine.ts';
import { ensureImage } from '../../stack/docker/provision/ensure-image.ts';
import { planStack } from '../../stack/docker/provision/plan-parts.ts';
import { reconcile } from '../../stack/docker/provision/reconcile.ts';
import { UndoList } from '../../stack/docker/provision/undo-list.ts';
import type { PartReport } from '../../stack/part-report.ts';
import { docker, engineUrl, requireEngine, snapshot } from './docker-command.ts';
import { openRegistry, type LocalRegistry, type ServedImage } from './local-registry.ts';

beforeAll(requireEngine);

const engine = connectEngine({ url: engineUrl, origin: 'the test', tls: undefined });
const limitMs = 10_000;

/** Of so many bytes each, which compress to no less. */
const random = (...sizes: readonly number[]): ServedImage['layers'] =>
  sizes.map((bytes, index) => ({ path: `file-${index}`, content: randomBytes(bytes) }));

interface Pulled {
  readonly error: unknown;
  readonly reports: readonly Omit<PartReport, 'atMs'>[];
  readonly tookMs: number;
}

async function pull({ host }: LocalRegistry, name: string): Promise<Pulled> {
  const reports: Omit<PartReport, 'atMs'>[] = [];
  const beganMs = systemClock.monotonicMs();
  const error: unknown = await ensureImage({
    engine,
    clock: systemClock,
    signal: new AbortController().signal,
    report: (one) => void reports.push(one),
    part: name,
    reference: `${host}/${name}:1`,
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, reports, tookMs: systemClock.monotonicMs() - beganMs };
}

test('a pull is told as one percentage of its layers, and leaves the image on the engine', async () => {
  await using registry = await openRegistry();
  registry.add('good', { layers: random(2_000_000, 700_000, 300_000) });
  const { error, reports } = await pull(registry, 'good');
  expect(error).toBeUndefined();
  const told = reports.flatMap((report) => (report.pull === undefined ? [] : [report.pull]));
  const percents = told.map(({ percent }) => percent);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(new Set(percents).size).toBeGreaterThan(5);
  const last = told.at(-1);
  expect(last).toMatchObject({ percent: 100, unpackedPercent: 100, doneBytes: last?.totalBytes });
  expect(last?.totalBytes).toBeGreaterThan(3_000_000);
  await docker('rmi', `${registry.host}/good:1`);
});

test('a pull that fails says why within ten seconds, and what helps', async () => {
  await using registry = await openRegistry();
  registry.add('foreign', { layers: random(1000), architecture: 's390x', isListed: true });
  registry.add('damaged', { layers: random(200_000, 1000), spoil: 'damaged' });
  registry.add('missing', { layers: random(1000), spoil: 'missing' });
  const closed = { ...registry, host: '127.0.0.1:9' };
  const wanted: readonly (readonly [LocalRegistry, string, string, string])[] = [
    [registry, 'foreign', 'it does not exist for the architecture of this engine', 'docker manifest inspect'],
    [registry, 'damaged', `what ${registry.host} sends of it is damaged`, 'repeat the command'],
    [registry, 'missing', `what ${registry.host} sends of it is damaged`, 'repeat the command'],
    [registry, 'absent', `${registry.host} does not have it, or not for everybody`, 'name and tag'],
    [registry, 'silent/image', `${registry.host} cannot be reached from this engine`, 'docker load'],
    [closed, 'closed', '127.0.0.1:9 cannot be reached from this engine', 'docker load'],
  ];
  await Promise.all(
    wanted.map(async ([where, name, reason, hint]) => {
      const { error, tookMs } = await pull(where, name);
      const reference = `${where.host}/${name}:1`;
      expect(error, name).toMatchObject({
        code: 'engine.unavailable',
        message: `the image ${reference} is not on this engine and cannot be pulled: ${reason}`,
        hint: expect.stringContaining(hint),
        data: { image: reference, part: name },
      });
      expect(tookMs, name).toBeLessThan(limitMs);
    }),
  );
});

test('an image of another architecture is told as such when its program does not start', async () => {
  const before = await snapshot();
  await using registry = await openRegistry();
  const program = { path: 'program', content: programFor(noMachine), mode: 0o755 };
  registry.add('arm', { layers: [program], architecture: 'arm64', entrypoint: ['/program'] });
  const image = `${registry.host}/arm:1`;
  const { services } = parseCompose('/compose.yaml', `services: { one: { image: '${image}' } }`, {});
  const project = { stack: `pull-${process.pid}`, home: '/nowhere' };
  const plan = planStack(project, services, { containers: [], networks: [], volumes: [], images: new Map() });
  const undo = new UndoList(engine);
  const running = reconcile({
    engine,
    project,
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
  try {
    await expect(running).rejects.toMatchObject({
      code: 'stack.unhealthy',
      message: expect.stringMatching(/ does not run: its image is made for linux\/arm64, this engine is linux\/\w+$/),
      hint: expect.stringMatching(/^docker pull --platform linux\/\w+ 127/),
    });
  } finally {
    await undo.run();
    await docker('rmi', image);
  }
  expect(await snapshot()).toEqual(before);
});

/** A machine type that nothing has or emulates: some kernels run programs for arm64 on x86-64 by an emulator. */
const noMachine = 0xfa_fa;

/** An ELF file for a machine: its header and one segment, and no code. */
function programFor(machine: number): Buffer {
  const file = Buffer.alloc(120);
  file.write('\u007fELF\u0002\u0001\u0001', 'latin1');
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  return file;
}
