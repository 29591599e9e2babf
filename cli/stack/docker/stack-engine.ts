/**
 * The Docker engine of a stack that exists already: the one that its files name, or without files the one that
 * answers here. Loads the Docker client only when an engine answers.
 */
import type { Environment } from '../../commands/environment.ts';
import { homeFolder } from '../folders.ts';
import type { StackDocker } from '../stack-files.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { noEngine, searchEngine } from './engine/find-engine.ts';
import type { Project } from './provision/project.ts';

export interface StackEngine {
  readonly engine: DockerEngine;
  readonly project: Project;
}

/** Undefined when no engine answers; when the stack's files name one, that is an error: engine.unavailable. */
export async function openStackEngine(
  environment: Pick<Environment, 'env' | 'cwd' | 'signal'>,
  name: string,
  docker: StackDocker | undefined,
): Promise<StackEngine | undefined> {
  const search = await searchEngine({ ...environment, remembered: docker?.engine });
  if (search.found === undefined) {
    if (docker === undefined) return undefined;
    throw noEngine(search);
  }
  const { connectEngine } = await import('./engine/dockerode-engine.ts');
  return { engine: connectEngine(search.found.address), project: { stack: name, home: homeFolder(environment) } };
}
