/**
 * One service of a compose file. Every key that is not named here is refused: ignoring one would start something
 * else than the file says.
 * https://github.com/compose-spec/compose-spec/blob/main/05-services.md
 */
import { isAbsolute, join } from 'node:path';
import type { HealthCheck, Mount, PublishedPort, Service } from './compose-model.ts';
import { parseDuration, parseSize } from './quantities.ts';
import type { Entry, YamlNode, YamlReader } from './yaml-reader.ts';

export interface ServiceContext {
  readonly reader: YamlReader;
  /** Relative paths start here. */
  readonly folder: string;
  readonly name: string;
}

type Fields = { -readonly [K in keyof Service]: Service[K] };
type KeyReader = (context: ServiceContext, node: YamlNode, fields: Fields) => void;

const keyReaders: Readonly<Record<string, KeyReader>> = {
  image: ({ reader }, node, fields) => void (fields.image = reader.text(node, 'image')),
  entrypoint: ({ reader }, node, fields) => void (fields.entrypoint = reader.texts(node, 'entrypoint')),
  command: ({ reader }, node, fields) => void (fields.command = reader.texts(node, 'command')),
  environment: ({ reader }, node, fields) => void (fields.environment = readPairs(reader, node, 'environment')),
  ports: ({ reader }, node, fields) =>
    void (fields.ports = reader.items(node, 'ports').map((item) => reader.parsed(item, 'a port', parsePort))),
  volumes: (context, node, fields) => void (fields.mounts = readMounts(context, node)),
  healthcheck: ({ reader }, node, fields) => void (fields.healthcheck = readHealthCheck(reader, node)),
  mem_limit: ({ reader }, node, fields) => void (fields.memoryBytes = reader.parsed(node, 'mem_limit', parseSize)),
  depends_on: ({ reader }, node, fields) => void (fields.dependsOn = readDependencies(reader, node)),
  profiles: ({ reader }, node, fields) => void (fields.profiles = reader.texts(node, 'profiles')),
  restart: ({ reader }, node, fields) => void (fields.restart = reader.parsed(node, 'restart', parseRestart)),
  user: ({ reader }, node, fields) => void (fields.user = reader.text(node, 'user')),
  read_only: ({ reader }, node, fields) => void (fields.readOnly = reader.boolean(node, 'read_only')),
  tmpfs: ({ reader }, node, fields) => void (fields.tmpfs = reader.texts(node, 'tmpfs')),
  cap_drop: ({ reader }, node, fields) => void (fields.capDrop = reader.texts(node, 'cap_drop')),
  security_opt: ({ reader }, node, fields) => void (fields.securityOpt = reader.texts(node, 'security_opt')),
  stop_grace_period: ({ reader }, node, fields) =>
    void (fields.stopGraceMs = reader.parsed(node, 'stop_grace_period', parseDuration)),
  logging: ({ reader }, node, fields) => void (fields.logging = readLogging(reader, node)),
  init: ({ reader }, node, fields) => void (fields.init = reader.boolean(node, 'init')),
};

/** Error: settings.invalid with file and line. */
export function readService(context: ServiceContext, entry: Entry): Service {
  const { reader, name } = context;
  const fields: Fields = {
    name,
    image: '',
    entrypoint: undefined,
    command: undefined,
    environment: {},
    ports: [],
    mounts: [],
    healthcheck: undefined,
    memoryBytes: undefined,
    dependsOn: {},
    profiles: [],
    restart: 'no',
    user: undefined,
    readOnly: false,
    tmpfs: [],
    capDrop: [],
    securityOpt: [],
    stopGraceMs: 10_000,
    logging: undefined,
    init: false,
  };
  for (const { key, at, value } of reader.entries(entry.value, `service ${name}`)) {
    const read = keyReaders[key];
    if (read !== undefined) read(context, value, fields);
    else if (!key.startsWith('x-')) throw unsupported(reader, at, `services.${name}.${key}`);
  }
  if (fields.image === '') throw reader.refuse(entry.at, `service ${name} has no image`);
  return fields;
}

export function unsupported(reader: YamlReader, at: YamlNode, path: string): Error {
  return reader.refuse(at, `cecochat does not support the key ${path}`);
}

/** A mapping, or a list of NAME=value. */
function readPairs(reader: YamlReader, node: YamlNode, what: string): Record<string, string> {
  if (!reader.isList(node)) {
    const entries = reader.entries(node, what);
    return Object.fromEntries(entries.map(({ key, value }) => [key, reader.text(value, `${what}.${key}`)]));
  }
  const pairs = reader.items(node, what).map((item) => reader.parsed(item, what, parsePair));
  return Object.fromEntries(pairs);
}

function parsePair(text: string): [string, string] | undefined {
  const at = text.indexOf('=');
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : undefined;
}

/** "127.0.0.1:9092:9094/udp", "9092:9094". */
function parsePort(text: string): PublishedPort | undefined {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) return undefined;
  const [, hostAddress = '0.0.0.0', published, target, protocol] = match;
  return {
    hostAddress,
    published: Number(published),
    target: Number(target),
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  };
}

function readMounts({ reader, folder }: ServiceContext, node: YamlNode): Mount[] {
  return reader.items(node, 'volumes').map((item) =>
    reader.parsed(item, 'a volume', (text): Mount | undefined => {
      const match = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
      if (match === null) return undefined;
      const [, source = '', target = '', mode] = match;
      const readOnly = mode === 'ro';
      return /^[./~]/.test(source)
        ? { kind: 'bind', source: isAbsolute(source) ? source : join(folder, source), target, readOnly }
        : { kind: 'volume', volume: source, target, readOnly };
    }),
  );
}

function readHealthCheck(reader: YamlReader, node: YamlNode): HealthCheck {
  // The specification's defaults.
  const check = { test: ['NONE'], intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 };
  for (const { key, at, value } of reader.entries(node, 'healthcheck')) {
    const duration = (): number => reader.parsed(value, key, parseDuration);
    if (key === 'test') {
      check.test = reader.isList(value) ? reader.texts(value, key) : ['CMD-SHELL', reader.text(value, key)];
    } else if (key === 'interval') check.intervalMs = duration();
    else if (key === 'timeout') check.timeoutMs = duration();
    else if (key === 'start_period') check.startPeriodMs = duration();
    else if (key === 'retries') check.retries = reader.parsed(value, key, parseCount);
    else throw unsupported(reader, at, `healthcheck.${key}`);
  }
  return check;
}

/** A list of names, or name → condition. */
function readDependencies(reader: YamlReader, node: YamlNode): Service['dependsOn'] {
  if (reader.isList(node)) {
    return Object.fromEntries(reader.texts(node, 'depends_on').map((name) => [name, 'service_started' as const]));
  }
  const found: Record<string, 'service_started' | 'service_healthy'> = {};
  for (const { key: name, value } of reader.entries(node, 'depends_on')) {
    found[name] = 'service_started';
    for (const { key, at, value: condition } of reader.entries(value, `depends_on.${name}`)) {
      if (key !== 'condition') throw unsupported(reader, at, `depends_on.${name}.${key}`);
      found[name] = reader.parsed(condition, key, (text) =>
        text === 'service_started' || text === 'service_healthy' ? text : undefined,
      );
    }
  }
  return found;
}

function readLogging(reader: YamlReader, node: YamlNode): NonNullable<Service['logging']> {
  const logging = { driver: 'json-file', options: {} as Record<string, string> };
  for (const { key, at, value } of reader.entries(node, 'logging')) {
    if (key === 'driver') logging.driver = reader.text(value, key);
    else if (key === 'options') logging.options = readPairs(reader, value, 'logging.options');
    else throw unsupported(reader, at, `logging.${key}`);
  }
  return logging;
}

function parseCount(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function parseRestart(text: string): Service['restart'] | undefined {
  return (['no', 'always', 'on-failure', 'unless-stopped'] as const).find((known) => known === text);
}
