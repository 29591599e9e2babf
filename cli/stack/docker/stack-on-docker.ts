/**
 * What a stack has on a Docker engine, for `down`: found by labels, with or without files of ours.
 */
import type { Environment } from '../../commands/environment.ts';
import type { VolumeBytes } from './engine/docker-engine.ts';
import { partOf } from './provision/project.ts';
import { removeStack, stackContainers, stackVolumes } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

export interface StackOnDocker {
  readonly containers: number;
  /** What these are: "kafka", "jaeger", "messaging-s1" ... */
  readonly parts: readonly string[];
  readonly volumes: readonly VolumeSize[];
  remove(options: { readonly graceMs: number; readonly deleteVolumes: boolean }): Promise<void>;
}

export interface VolumeSize {
  readonly name: string;
  /** Undefined when the engine does not say so soon. */
  readonly size: VolumeBytes | undefined;
}

const sizesLimitMs = 10_000;

/** `measures`: how large its volumes are. Undefined when it has nothing there. Error: engine.unavailable, when its files name an engine that is silent. */
export async function findStackOnDocker(
  environment: Environment,
  name: string,
  { measures }: { readonly measures: boolean },
): Promise<StackOnDocker | undefined> {
  const found = await openStackEngine(environment, name);
  if (found === undefined) return undefined;
  const { engine, project } = found;
  const late = new AbortController();
  const timer = environment.clock.after(sizesLimitMs, () => late.abort());
  const signal = AbortSignal.any([environment.signal, late.signal]);
  const [containers, volumes] = await Promise.all([stackContainers(engine, project), stackVolumes(engine, project)]);
  const unknown = new Map<string, VolumeBytes>();
  const sizes = measures ? await engine.volumeSizes(volumes, signal).catch(() => unknown) : unknown;
  timer.cancel();
  if (containers.length === 0 && volumes.length === 0) return undefined;
  return {
    containers: containers.length,
    parts: containers.map(partOf),
    volumes: volumes.map((volume) => ({ name: volume, size: sizes.get(volume) })),
    remove: async (options) => void (await removeStack({ engine, project, ...options })),
  };
}
