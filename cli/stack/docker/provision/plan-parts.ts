/**
 * What has to be done so that a stack's containers are what its compose files say. Pure.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Service } from '../compose/compose-model.ts';
import type { ContainerSummary, NamedObject } from '../engine/docker-engine.ts';
import { isServer } from '../servers/server-services.ts';
import { containerName, isDefinedBy, isOf, networkName, ownerOf, partOf, volumeName, type Project } from './project.ts';

export interface Found {
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NamedObject[];
  readonly volumes: readonly NamedObject[];
  /** Ids of the images that the engine has, by reference. */
  readonly images: ReadonlyMap<string, string>;
}

export interface PartPlan {
  readonly service: Service;
  /** keep: it runs and is what it should be; restart: it runs and is not healthy, or is paused. */
  readonly action: 'keep' | 'start' | 'restart' | 'create' | 'recreate';
  readonly existing: ContainerSummary | undefined;
}

export interface StackPlan {
  readonly parts: readonly PartPlan[];
  /** Servers that the stack is not to have any more. */
  readonly surplus: readonly ContainerSummary[];
  /** Names as the engine has them. */
  readonly newVolumes: readonly string[];
  readonly newNetwork: string | undefined;
  /** Whether anything has to be done. */
  readonly isChange: boolean;
}

/** Error: data.locked, when something that is not of this stack has a name that it needs. */
export function planStack(project: Project, services: readonly Service[], found: Found): StackPlan {
  const network = networkName(project);
  const mounted = services.flatMap(({ mounts }) =>
    mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])),
  );
  const volumes = [...new Set(mounted)].map((volume) => volumeName(project, volume));
  for (const { name } of services)
    refuseForeign(project, { kind: 'container', name: containerName(project, name) }, found.containers);
  for (const name of volumes) refuseForeign(project, { kind: 'volume', name }, found.volumes);
  refuseForeign(project, { kind: 'network', name: network }, found.networks);
  const parts = services.map((service) => planPart(project, service, found));
  const newVolumes = volumes.filter((name) => !found.volumes.some((volume) => volume.name === name));
  const newNetwork = found.networks.some(({ name }) => name === network) ? undefined : network;
  const surplus = found.containers.filter(
    (container) =>
      isOf(project, container) &&
      isServer(partOf(container)) &&
      !services.some(({ name }) => name === partOf(container)),
  );
  const isChange =
    newVolumes.length > 0 ||
    newNetwork !== undefined ||
    surplus.length > 0 ||
    parts.some(({ action }) => action !== 'keep');
  return { parts, surplus, newVolumes, newNetwork, isChange };
}

function planPart(project: Project, service: Service, { containers, images }: Found): PartPlan {
  const existing = containers.find((container) => isOf(project, container) && partOf(container) === service.name);
  if (existing === undefined) return { service, action: 'create', existing };
  const imageId = images.get(service.image);
  const hasNewImage = imageId !== undefined && imageId !== existing.imageId;
  if (!isDefinedBy(existing, service) || hasNewImage || existing.state === 'dead') {
    return { service, action: 'recreate', existing };
  }
  if (existing.state === 'paused' || existing.health === 'unhealthy') return { service, action: 'restart', existing };
  const runs = existing.state === 'running' || existing.state === 'restarting';
  return { service, action: runs ? 'keep' : 'start', existing };
}

function refuseForeign(
  project: Project,
  { kind, name }: { readonly kind: string; readonly name: string },
  objects: readonly NamedObject[],
): void {
  const foreign = objects.find((object) => object.name === name && !isOf(project, object));
  if (foreign === undefined) return;
  throw new CecochatError('data.locked', `there is a ${kind} ${name} already: ${ownerOf(foreign)}`, {
    hint: `give this stack another name with --name, or remove it yourself: docker ${kind} rm ${name}`,
    data: { [kind]: name },
  });
}
