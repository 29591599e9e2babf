import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { CecochatError } from '../../../../services/core/errors.ts';
import { readStackCompose } from '../provision/stack-compose.ts';
import { schemaFaultOf } from './compose-schema.ts';
import { parseCompose, parseComposeFiles } from './parse-compose.ts';

const parse = (text: string, variables: Record<string, string> = {}) =>
  parseCompose('/files/compose.yaml', text, variables);

function refusalOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof CecochatError && error.code === 'settings.invalid') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a compose file', () => {
  test('is read with units, variables, anchors and defaults', () => {
    const text = `
x-log: &log
  driver: json-file
  options: { max-size: 10m }
x-base: &base { restart: always, logging: *log }
services:
  db:
    <<: *base
    image: db:1
    mem_limit: 1g
    environment: { PORT: 5.0, ADDRESS: 'localhost:\${PORT:-42}' }
    ports: ['127.0.0.1:\${PORT:-42}:5432', '53:53/udp']
    volumes: ['data:/data', './conf:/conf:ro']
    healthcheck: { test: check it, interval: 1m30s, retries: 2 }
  web:
    image: web
    environment: [A=b=c]
    command: [serve, '80']
    depends_on: { db: { condition: service_healthy } }
    profiles: [tools]
volumes:
  data:
`;
    const { services, volumes } = parse(text, { PORT: '43' });
    expect(volumes).toEqual(['data']);
    expect(services).toMatchObject([
      {
        name: 'db',
        image: 'db:1',
        restart: 'always',
        logging: { driver: 'json-file', options: { 'max-size': '10m' } },
        memoryBytes: 1024 ** 3,
        environment: { PORT: '5.0', ADDRESS: 'localhost:43' },
        ports: [
          { hostAddress: '127.0.0.1', published: 43, target: 5432, protocol: 'tcp' },
          { hostAddress: '0.0.0.0', published: 53, target: 53, protocol: 'udp' },
        ],
        mounts: [
          { kind: 'volume', volume: 'data', target: '/data', readOnly: false },
          { kind: 'bind', source: '/files/conf', target: '/conf', readOnly: true },
        ],
        healthcheck: {
          test: ['CMD-SHELL', 'check it'],
          intervalMs: 90_000,
          timeoutMs: 30_000,
          retries: 2,
          startPeriodMs: 0,
        },
        stopGraceMs: 10_000,
      },
      {
        name: 'web',
        environment: { A: 'b=c' },
        command: ['serve', '80'],
        dependsOn: { db: 'service_healthy' },
        profiles: ['tools'],
        restart: 'no',
      },
    ]);
  });

  test.each([
    [
      'a key of a service',
      'services:\n  a:\n    image: x\n    gpus: all\n',
      ':4: cecochat does not support the key services.a.gpus',
    ],
    ['a key of the file', 'services: {}\nsecrets: {}\n', ':2: cecochat does not support the key secrets'],
    [
      'a key of a health check',
      'services:\n  a:\n    image: x\n    healthcheck:\n      start_interval: 1s\n',
      ':5: cecochat does not support the key healthcheck.start_interval',
    ],
    [
      'options of a volume',
      'volumes:\n  v:\n    driver: nfs\n',
      ':3: cecochat does not support the key volumes.v.driver',
    ],
    [
      'a merged key',
      'x-b: &b\n  gpus: all\nservices:\n  a:\n    <<: *b\n    image: x\n',
      ':2: cecochat does not support the key services.a.gpus',
    ],
    ['a service without image', 'services:\n  a:\n    restart: always\n', ':2: service a has no image'],
    ['a wrong size', 'services:\n  a:\n    image: x\n    mem_limit: lots\n', ':4: mem_limit cannot be "lots"'],
    [
      'a wrong port',
      'services:\n  a:\n    image: x\n    ports:\n      - "80-90:80"\n',
      ':5: a port cannot be "80-90:80"',
    ],
    [
      'a volume that is not declared',
      'services:\n  a:\n    image: x\n    volumes: [v:/v]\n',
      ':2: service a mounts the volume v, which is not declared',
    ],
    [
      'an unknown dependency',
      'services:\n  a:\n    image: x\n    depends_on: [b]\n',
      ':2: service a depends on b, which is not there',
    ],
    [
      'a wait for health without a check',
      'services:\n  a: { image: x, depends_on: { b: { condition: service_healthy } } }\n  b: { image: x }\n',
      ':2: service a waits for b, which has no health check',
    ],
    [
      'a circle',
      'services:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, depends_on: [a] }\n',
      ':2: services depend on each other: a → b → a',
    ],
    ['a key that is not Compose', 'servcies: {}\n', ':1: the Compose specification has no key servcies'],
    [
      'such a key deep inside',
      'services:\n  a:\n    image: x\n    ports:\n      - 80:80\n      - { target: 80, pblished: 8 }\n',
      ':6: the Compose specification has no key services.a.ports.1.pblished',
    ],
    [
      'a value that is not Compose',
      'services:\n  a:\n    image: x\n    depends_on:\n      b: { condition: soon }\n',
      ':5: services.a.depends_on.b.condition must be one of service_started, service_healthy',
    ],
    [
      'a mapping for a list',
      'services:\n  a:\n    image: x\n    command: { a: 1 }\n',
      ':4: services.a.command must be nothing or a text or a list',
    ],
    ['an alias to nothing', 'services:\n  a:\n    image: *x\n', '/files/compose.yaml:'],
    ['a merge of no mapping', 'services:\n  a:\n    <<: 5\n    image: x\n', ':3: << must be a mapping'],
    ['a list for a mapping', 'services: [a]\n', ':1: services must be a mapping'],
    ['a missing variable', 'services:\n  a:\n    image: ${X:?which image}\n', ':3: which image'],
    ['what is no YAML', 'services:\n  a: [\n', '/files/compose.yaml:'],
  ])('with %s is refused with file and line', (_what, text, expected) => {
    expect(refusalOf(text)).toContain(expected);
  });
});

describe('several compose files', () => {
  const parseAll = (...texts: readonly string[]) =>
    parseComposeFiles(
      texts.map((text, index) => ({ file: `/files/${index}.yaml`, text })),
      {},
    );

  test('are one project: services and volumes of one file may be named in another', () => {
    const { services, volumes } = parseAll(
      'services:\n  db: { image: "db:1", healthcheck: { test: check } }\nvolumes:\n  data:\n',
      'services:\n  web:\n    image: web:1\n    volumes: [data:/data]\n    depends_on: { db: { condition: service_healthy } }\n',
    );
    expect([services.map(({ name }) => name), volumes]).toEqual([['db', 'web'], ['data']]);
  });

  test('tell what is wrong with the file that it stands in', () => {
    const one = 'services:\n  a: { image: "x:1" }\n';
    expect(() => parseAll(one, `\n${one}`)).toThrow('/files/0.yaml:2: there is another service a');
    expect(() => parseAll(one, 'services:\n\n  b: { image: y, depends_on: [c] }\n')).toThrow(
      '/files/1.yaml:3: service b depends on c, which is not there',
    );
  });
});

describe('the compose file of cecochat', () => {
  test.each(['compose', 'observability', 'servers', 'tools'])(
    '%s.yaml is what the Compose specification says',
    (name) => {
      const text = readFileSync(join(import.meta.dirname, '../../../../compose', `${name}.yaml`), 'utf8');
      expect(schemaFaultOf(parseYaml(text, { merge: true }))).toBeUndefined();
    },
  );

  test('has the engines with pinned images, limits that fit in 4 GiB, health checks, own volumes and local ports', async () => {
    const { services } = await readStackCompose({});
    const engines = services.filter(({ profiles }) => profiles.length === 0);
    expect(engines.map(({ name }) => name)).toEqual(['kafka', 'cassandra', 'redis']);
    expect(engines.reduce((sum, { memoryBytes = Infinity }) => sum + memoryBytes, 0)).toBeLessThanOrEqual(
      4 * 1024 ** 3,
    );
    for (const { image, healthcheck, mounts, ports, memoryBytes } of services) {
      expect(image).toMatch(/:[^:]*\d/);
      expect(healthcheck?.test.length).toBeGreaterThan(1);
      expect(memoryBytes).toBeGreaterThan(0);
      expect(ports.every(({ hostAddress }) => hostAddress === '127.0.0.1')).toBe(true);
      expect(mounts.every((mount) => mount.kind === 'volume' || mount.readOnly)).toBe(true);
    }
  });

  test('puts the published port of Kafka into what Kafka tells its clients', async () => {
    const [kafka] = (await readStackCompose({ CECOCHAT_KAFKA_PORT: '7120' })).services;
    expect(kafka?.ports[0]?.published).toBe(7120);
    expect(kafka?.environment['KAFKA_ADVERTISED_LISTENERS']).toContain('EXTERNAL://127.0.0.1:7120');
  });
});
