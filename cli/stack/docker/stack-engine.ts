/**
 * The Docker engine of a stack that exists already: the one that its files name, or without files the one that
 * answers here. Loads the Docker client only when an engine answers.
 */
import type { Environment } from '../../commands/environment.ts';
import { homeFolder, stackFolders } from '../folders.ts';
import { readEngines, readState } from '../state.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { noEngine, searchEngine } from './engine/find-engine.ts';
import type { Project } from './provision/project.ts';

export interface StackEngine {
  readonly engine: DockerEngine;
  readonly project: Project;
}

/**
 * Undefined for a stack whose files say that it has no containers, which asks no engine, and for one without files
 * when no engine answers. Error: engine.unavailable, when its files speak of containers and no engine answers.
 */
export async function openStackEngine(
  environment: Pick<Environment, 'env' | 'cwd' | 'signal'>,
  name: string,
): Promise<StackEngine | undefined> {
  const folders = stackFolders(environment, name);
  // A damaged file says nothing.
  const [engines, state] = await Promise.all([
    readEngines(folders).catch(() => undefined),
    readState(folders).catch(() => undefined),
  ]);
  const isOnDocker = engines?.docker !== undefined || state?.backends === 'docker';
  const isUnknown = engines === undefined && state === undefined;
  if (!isOnDocker && !isUnknown) return undefined;
  const search = await searchEngine({ ...environment, remembered: engines?.docker?.engine });
  if (search.found === undefined) {
    if (isUnknown) return undefined;
    throw noEngine(search);
  }
  const { connectEngine } = await import('./engine/dockerode-engine.ts');
  return { engine: connectEngine(search.found.address), project: { stack: name, home: homeFolder(environment) } };
}
