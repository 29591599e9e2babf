/**
 * What a stack has on a Docker engine, found by labels; and how all of it is taken away.
 */
import type { ContainerSummary, DockerEngine } from '../engine/docker-engine.ts';
import { stopGroups } from '../servers/server-services.ts';
import { isOf, partOf, type Project } from './project.ts';

/** Sorted by part. */
export async function stackContainers(engine: DockerEngine, project: Project): Promise<ContainerSummary[]> {
  const own = (await engine.listContainers()).filter((container) => isOf(project, container));
  return own.toSorted((one, other) => (partOf(one) < partOf(other) ? -1 : 1));
}

/** Names of the volumes that hold the stack's data. */
export async function stackVolumes(engine: DockerEngine, project: Project): Promise<string[]> {
  return (await engine.listVolumes()).filter((volume) => isOf(project, volume)).map(({ name }) => name);
}

export interface RemoveRequest {
  readonly engine: DockerEngine;
  readonly project: Project;
  /** How long a container may take to stop by itself. */
  readonly graceMs: number;
  readonly deleteVolumes: boolean;
}

/** How many containers there were. What is gone already is fine. */
export async function removeStack({ engine, project, graceMs, deleteVolumes }: RemoveRequest): Promise<number> {
  const containers = await stackContainers(engine, project);
  // What is deleted anyway need not be closed in order.
  const groups = deleteVolumes ? [containers] : stopGroups(containers, partOf);
  for (const group of groups) {
    await Promise.all(
      group.map(async ({ id }) => {
        if (!deleteVolumes) await engine.stopContainer(id, graceMs);
        await engine.removeContainer(id);
      }),
    );
  }
  const networks = (await engine.listNetworks()).filter((network) => isOf(project, network));
  const volumes = deleteVolumes ? await stackVolumes(engine, project) : [];
  await Promise.all([
    ...networks.map(({ name }) => engine.removeNetwork(name)),
    ...volumes.map((name) => engine.removeVolume(name)),
  ]);
  return containers.length;
}
