/**
 * What is true of a stack's containers now, by labels alone: no file of ours is needed.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Environment } from '../../commands/environment.ts';
import type { ContainerSummary, Health } from './engine/docker-engine.ts';
import { partOf, portsOf } from './provision/project.ts';
import { mainPort } from './provision/published-ports.ts';
import { stackContainers } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

export interface StackContainer {
  readonly part: string;
  readonly name: string;
  /** created, running, paused, restarting, removing, exited or dead */
  readonly state: string;
  readonly health: Health;
  readonly image: string;
  /** "127.0.0.1:9092"; null when it publishes no port or does not run. */
  readonly address: string | null;
}

export interface ContainersInspection {
  readonly containers: readonly StackContainer[];
  /** Why nothing is known of them, in words. */
  readonly fault: string | undefined;
}

/** Asks no Docker engine about a stack whose files say that it has no containers. */
export async function inspectContainers(
  environment: Pick<Environment, 'env' | 'cwd' | 'signal'>,
  name: string,
): Promise<ContainersInspection> {
  try {
    const found = await openStackEngine(environment, name);
    if (found === undefined) return { containers: [], fault: undefined };
    const containers = await stackContainers(found.engine, found.project);
    return {
      containers: containers.map((container) => ({
        part: partOf(container),
        name: container.name,
        state: container.state,
        health: container.health,
        image: container.image,
        address: addressOf(container),
      })),
      fault: undefined,
    };
  } catch (error) {
    if (!(error instanceof CecochatError)) throw error;
    return { containers: [], fault: error.message };
  }
}

/** The engine names published ports in any order, those of a container that does not run not at all. */
function addressOf(container: ContainerSummary): string | null {
  const [first] = container.ports.toSorted((one, other) => one.target - other.target);
  if (first === undefined) return null;
  return `127.0.0.1:${mainPort(partOf(container), portsOf(container)) ?? first.published}`;
}

/** Runs, and its health check does not say otherwise. */
export function isContainerWell({ state, health }: Pick<StackContainer, 'state' | 'health'>): boolean {
  return state === 'running' && health !== 'unhealthy';
}
