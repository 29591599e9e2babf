/**
 * How much volumes take on the engine's disk. The engine itself adds up lengths, which sparse files (Kafka's indexes)
 * do not fill; inside a container that has the volume, du counts blocks.
 */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import type { VolumeBytes } from './docker-engine.ts';

/** By name; those that nobody knows are missing. */
export async function volumeSizes(
  docker: Docker,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VolumeBytes>> {
  const sizes = new Map<string, VolumeBytes>();
  for (const [name, bytes] of await blocksOf(docker, names, signal)) sizes.set(name, { bytes, isMost: false });
  if (sizes.size === names.length) return sizes;
  const lengths = await lengthsOf(docker, signal).catch(() => new Map<string, number>());
  for (const [name, bytes] of lengths) {
    if (names.includes(name) && !sizes.has(name)) sizes.set(name, { bytes, isMost: true });
  }
  return sizes;
}

/** Of the volumes that running containers have. */
async function blocksOf(
  docker: Docker,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const containers = await docker.listContainers();
  const places = containers.flatMap(({ Id, Mounts }) =>
    Mounts.flatMap(({ Name, Destination }) =>
      Name !== undefined && names.includes(Name) ? [{ id: Id, name: Name, folder: Destination }] : [],
    ),
  );
  const sizes = await Promise.all(
    places.map(({ id, folder }) =>
      diskUsage(docker.getContainer(id), { docker, folder, signal }).catch(() => undefined),
    ),
  );
  return new Map(
    places.flatMap(({ name }, index) => (sizes[index] === undefined ? [] : [[name, sizes[index]] as const])),
  );
}

/** Undefined when its image has no du. */
async function diskUsage(
  container: Docker.Container,
  { docker, folder, signal }: { readonly docker: Docker; readonly folder: string; readonly signal: AbortSignal },
): Promise<number | undefined> {
  const exec = await container.exec({ Cmd: ['du', '-sk', folder], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ abortSignal: signal });
  const [output, errors] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, output, errors.resume());
  stream.once('close', () => output.end()).once('end', () => output.end());
  const kibibytes = /^(\d+)\s/.exec(await text(output))?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** By the engine's disk usage; dockerode's types know neither its options nor its answer. */
async function lengthsOf(docker: Docker, abortSignal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const df: (options: object) => Promise<unknown> = Reflect.get(docker, 'df').bind(docker);
  const usage = await df({ abortSignal });
  const volumes: unknown = typeof usage === 'object' && usage !== null ? Reflect.get(usage, 'Volumes') : undefined;
  const known = (Array.isArray(volumes) ? volumes : []).flatMap((volume: unknown) => {
    const { Name, UsageData } = Object(volume) as { Name?: unknown; UsageData?: unknown };
    const size: unknown = Reflect.get(Object(UsageData), 'Size');
    return typeof Name === 'string' && typeof size === 'number' && size >= 0 ? [[Name, size] as const] : [];
  });
  return new Map(known);
}
