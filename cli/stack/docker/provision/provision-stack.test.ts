import { access } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../services/core/time/clock.ts';
import type { ComposeModel } from '../compose/compose-model.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.fixture.ts';
import type { Project } from './project.ts';
import { provisionStack, type Planned } from './provision-stack.ts';
import { mainPort, pagesAt, profiles, publishedPorts } from './published-ports.ts';
import { readStackCompose } from './stack-compose.ts';
import { removeStack } from './stack-objects.ts';

let model: ComposeModel;
beforeAll(async () => {
  model = await readStackCompose({});
});

const engineWithImages = (): FakeEngine => createFakeEngine(model.services.map(({ image }) => image));

/** Every part and its step, and what was planned. */
async function up(engine: FakeEngine, asked: readonly string[], project: Project = { stack: 'one', home: '/home' }) {
  const steps: string[] = [];
  let planned: Planned | undefined;
  const undo = await provisionStack({
    engine,
    project,
    clock: systemClock,
    signal: new AbortController().signal,
    env: {},
    report: ({ part, step }) => void steps.push(`${part} ${step}`),
    warn: () => undefined,
    remembered: {},
    reserved: new Set(),
    portBase: 24_200,
    profiles: asked,
    keep: false,
    onPlanned: (plan) => {
      planned = plan;
      return Promise.resolve();
    },
    askEngine: () => undefined,
    onStarted: () => undefined,
    onHealthy: () => undefined,
  });
  return { steps, planned, undo };
}

const partsOf = (engine: FakeEngine, stack = 'one'): string[] =>
  [...engine.containers.values()]
    .filter(({ labels }) => labels['cecochat.stack'] === stack)
    .map(({ labels }) => labels['cecochat.part'] ?? '')
    .toSorted();

describe('the profiles of a stack', () => {
  test('are the parts that the compose files give them, at the ports that the files have by default', async () => {
    const publishedBy = ({ services }: ComposeModel): string[] =>
      services.flatMap(({ name, profiles: of, ports }) =>
        ports.map((port) => `${name} ${of.join()} ${port.published}`),
      );
    const known = (portOf: (index: number) => number): string[] =>
      publishedPorts.map(({ part, profile = '' }, index) => `${part} ${profile} ${portOf(index)}`);
    expect(publishedBy(model).toSorted()).toEqual(known((index) => publishedPorts[index]?.usual ?? 0).toSorted());
    const others = publishedPorts.map(({ variable }, index) => [variable, String(20_000 + index)]);
    expect(publishedBy(await readStackCompose(Object.fromEntries(others))).toSorted()).toEqual(
      known((index) => 20_000 + index).toSorted(),
    );
    expect([...new Set(model.services.flatMap((service) => service.profiles))].toSorted()).toEqual(profiles.toSorted());
  });

  test('mount configuration that is there', async () => {
    const sources = model.services.flatMap(({ mounts }) =>
      mounts.flatMap((mount) => (mount.kind === 'bind' ? [mount.source] : [])),
    );
    expect(sources).toHaveLength(3);
    for (const source of sources) await access(source);
    // A container of another content is another container.
    const contents = model.services.flatMap(({ mounts }) => mounts.map((mount) => 'content' in mount && mount.content));
    expect(new Set(contents.filter((content) => content !== false)).size).toBe(3);
  });

  test('are started when they are asked for, and belong to the stack from then on', async () => {
    const engine = engineWithImages();
    expect((await up(engine, [])).planned?.isChange).toBe(true);
    expect(partsOf(engine)).toEqual(['cassandra', 'kafka', 'redis']);
    const { steps, planned } = await up(engine, ['tools']);
    expect(partsOf(engine)).toEqual(['cassandra', 'cassandra-web', 'kafka', 'kafka-web', 'redis', 'redis-web']);
    expect(steps.slice(0, 3)).toEqual(['kafka keep', 'cassandra keep', 'redis keep']);
    // Servers need not start anew for it.
    expect(planned?.isChange).toBe(false);
    const [kafkaWeb] = [...engine.containers.values()].filter(({ name }) => name === 'cecochat-one-kafka-web-1');
    await engine.stopContainer(kafkaWeb?.id ?? '', 0);
    expect((await up(engine, [])).steps).toEqual(expect.arrayContaining(['kafka-web start', 'redis-web keep']));
    expect(
      await removeStack({ engine, project: { stack: 'one', home: '/home' }, graceMs: 0, deleteVolumes: true }),
    ).toBe(6);
    expect([engine.containers.size, engine.networks.size, engine.volumes.size]).toEqual([0, 0, 0]);
  });

  test('wait for the engines that they show', async () => {
    const engine = engineWithImages();
    await up(engine, ['tools', 'observability']);
    const started = engine.done.filter((what) => what.startsWith('start '));
    const at = (part: string): number => started.indexOf(`start ${part}`);
    expect(started).toHaveLength(12);
    expect(at('kafka-web')).toBeGreaterThan(at('kafka'));
    expect(at('kibana')).toBeGreaterThan(at('elasticsearch'));
  });

  test('have web pages at the ports that were chosen', () => {
    const ports = { CECOCHAT_KAFKA_PORT: 9092, CECOCHAT_JAEGER_PORT: 7130, CECOCHAT_JAEGER_OTLP_PORT: 4318 };
    expect(pagesAt(ports)).toEqual([{ part: 'jaeger', url: 'http://127.0.0.1:7130' }]);
    expect([mainPort('jaeger', ports), mainPort('kafka', ports), mainPort('grafana', ports)]).toEqual([
      7130,
      9092,
      undefined,
    ]);
  });
});

test('two stacks share an engine and nothing else: taking one away leaves the other as it is', async () => {
  const engine = engineWithImages();
  await up(engine, ['tools']);
  const two = { stack: 'two', home: '/home' };
  await up(engine, [], two);
  expect(engine.networks.size).toBe(2);
  const names = [...engine.volumes.keys()].filter((name) => name.startsWith('cecochat-two_'));
  await removeStack({ engine, project: { stack: 'one', home: '/home' }, graceMs: 0, deleteVolumes: true });
  expect([partsOf(engine), partsOf(engine, 'two')]).toEqual([[], ['cassandra', 'kafka', 'redis']]);
  expect([[...engine.networks.keys()], [...engine.volumes.keys()]]).toEqual([['cecochat-two_default'], names]);
});
