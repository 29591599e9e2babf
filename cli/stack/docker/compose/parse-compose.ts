/**
 * Text of a compose file → what it says. Whatever is not Compose, or not supported by `up`, is refused with file and line.
 */
import { dirname } from 'node:path';
import type { ComposeModel, Service } from './compose-model.ts';
import { schemaFaultOf } from './compose-schema.ts';
import type { Variables } from './interpolate.ts';
import { readService, unsupported } from './parse-service.ts';
import { YamlReader, type Entry } from './yaml-reader.ts';

export interface ComposeText {
  /** An absolute path. */
  readonly file: string;
  readonly text: string;
}

/** Error: settings.invalid with file and line. */
export function parseCompose(file: string, text: string, variables: Variables): ComposeModel {
  return parseComposeFiles([{ file, text }], variables);
}

/** Files that make one project together; a service stands in one of them. Error: settings.invalid with file and line. */
export function parseComposeFiles(files: readonly ComposeText[], variables: Variables): ComposeModel {
  const services: PlacedService[] = [];
  const volumes: string[] = [];
  for (const { file, text } of files) {
    const reader = new YamlReader(file, text, variables);
    try {
      const parts = readParts(reader, file);
      services.push(...parts.services);
      volumes.push(...parts.volumes);
    } catch (error) {
      throw notCompose(reader) ?? error;
    }
  }
  for (const placed of services) checkReferences({ placed, volumes, services });
  return { services: services.map(({ service }) => service), volumes };
}

/** What is not Compose at all is told as that, and not as something that cecochat lacks. */
function notCompose(reader: YamlReader): Error | undefined {
  const fault = schemaFaultOf(reader.plain);
  return fault === undefined ? undefined : reader.refuse(reader.locate(fault.path), fault.what);
}

function readParts(reader: YamlReader, file: string): { services: PlacedService[]; volumes: string[] } {
  const services: PlacedService[] = [];
  const volumes: string[] = [];
  for (const { key, at, value } of reader.entries(reader.root, 'a compose file')) {
    if (key === 'services') {
      for (const entry of reader.entries(value, 'services')) services.push(placeService(reader, file, entry));
    } else if (key === 'volumes') volumes.push(...readVolumes(reader, value));
    else if (!key.startsWith('x-')) throw unsupported(reader, at, key);
  }
  return { services, volumes };
}

interface PlacedService {
  readonly service: Service;
  readonly entry: Entry;
  readonly reader: YamlReader;
}

function placeService(reader: YamlReader, file: string, entry: Entry): PlacedService {
  return { service: readService({ reader, folder: dirname(file), name: entry.key }, entry), entry, reader };
}

/** Volumes of the engine's own kind: options would be needed for others. */
function readVolumes(reader: YamlReader, node: Entry['value']): string[] {
  return reader.entries(node, 'volumes').map(({ key: name, value }) => {
    for (const { key, at } of reader.entries(value, `volume ${name}`))
      throw unsupported(reader, at, `volumes.${name}.${key}`);
    return name;
  });
}

interface Referring {
  readonly placed: PlacedService;
  readonly volumes: readonly string[];
  readonly services: readonly PlacedService[];
}

function checkReferences({ placed, volumes, services }: Referring): void {
  const { service, entry, reader } = placed;
  if (services.some((other) => other !== placed && other.service.name === service.name)) {
    throw reader.refuse(entry.at, `there is another service ${service.name}`);
  }
  for (const mount of service.mounts) {
    if (mount.kind === 'volume' && !volumes.includes(mount.volume)) {
      throw reader.refuse(entry.at, `service ${service.name} mounts the volume ${mount.volume}, which is not declared`);
    }
  }
  const byName = new Map(services.map(({ service: other }) => [other.name, other]));
  for (const [needed, condition] of Object.entries(service.dependsOn)) {
    const other = byName.get(needed);
    if (other === undefined) {
      throw reader.refuse(entry.at, `service ${service.name} depends on ${needed}, which is not there`);
    }
    if (condition === 'service_healthy' && other.healthcheck === undefined) {
      throw reader.refuse(entry.at, `service ${service.name} waits for ${needed}, which has no health check`);
    }
  }
  const cycle = findCycle(service, byName);
  if (cycle !== undefined) throw reader.refuse(entry.at, `services depend on each other: ${cycle.join(' → ')}`);
}

/** The way back to `from` along depends_on. */
function findCycle(from: Service, byName: ReadonlyMap<string, Service>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.length > 0 && name === from.name) return [...path, name];
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const next of Object.keys(byName.get(name)?.dependsOn ?? {})) {
      const found = walk(next, [...path, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(from.name, []);
}
