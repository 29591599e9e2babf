/**
 * Text of a compose file → what it says. Whatever `up` does not support is refused with file and line.
 */
import { dirname } from 'node:path';
import type { ComposeModel, Service } from './compose-model.ts';
import type { Variables } from './interpolate.ts';
import { readService, unsupported } from './parse-service.ts';
import { YamlReader, type Entry } from './yaml-reader.ts';

/** `file` is an absolute path. Error: settings.invalid with file and line. */
export function parseCompose(file: string, text: string, variables: Variables): ComposeModel {
  const reader = new YamlReader(file, text, variables);
  const folder = dirname(file);
  const services: { service: Service; entry: Entry }[] = [];
  const volumes: string[] = [];
  for (const { key, at, value } of reader.entries(reader.root, 'a compose file')) {
    if (key === 'services') {
      for (const entry of reader.entries(value, 'services')) {
        services.push({ service: readService({ reader, folder, name: entry.key }, entry), entry });
      }
    } else if (key === 'volumes') {
      volumes.push(...readVolumes(reader, value));
    } else if (!key.startsWith('x-')) throw unsupported(reader, at, key);
  }
  for (const { service, entry } of services) checkReferences(reader, { service, entry, volumes, services });
  return { services: services.map(({ service }) => service), volumes };
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
  readonly service: Service;
  readonly entry: Entry;
  readonly volumes: readonly string[];
  readonly services: readonly { readonly service: Service }[];
}

function checkReferences(reader: YamlReader, { service, entry, volumes, services }: Referring): void {
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
