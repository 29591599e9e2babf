/**
 * What a stack has on a Docker engine, for `down`: found by labels, with or without files of ours.
 */
import type { Environment } from '../../commands/environment.ts';
import { removeStack, stackContainers, stackVolumes } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

export interface StackOnDocker {
  readonly containers: number;
  readonly volumes: readonly VolumeSize[];
  remove(options: { readonly graceMs: number; readonly deleteVolumes: boolean }): Promise<void>;
}

export interface VolumeSize {
  readonly name: string;
  /** Undefined when the engine does not say so soon. */
  readonly bytes: number | undefined;
}

const sizesLimitMs = 3000;

/** Undefined when it has nothing there. Error: engine.unavailable, when its files name an engine that is silent. */
export async function findStackOnDocker(environment: Environment, name: string): Promise<StackOnDocker | undefined> {
  const found = await openStackEngine(environment, name);
  if (found === undefined) return undefined;
  const { engine, project } = found;
  const late = new AbortController();
  const timer = environment.clock.after(sizesLimitMs, () => late.abort());
  const [containers, volumes, sizes] = await Promise.all([
    stackContainers(engine, project),
    stackVolumes(engine, project),
    engine.volumeSizes(AbortSignal.any([environment.signal, late.signal])).catch(() => new Map<string, number>()),
  ]);
  timer.cancel();
  if (containers.length === 0 && volumes.length === 0) return undefined;
  return {
    containers: containers.length,
    volumes: volumes.map((volume) => ({ name: volume, bytes: sizes.get(volume) })),
    remove: async (options) => void (await removeStack({ engine, project, ...options })),
  };
}
