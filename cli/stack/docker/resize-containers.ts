/**
 * Another number of messaging servers for a stack whose servers are containers.
 */
import type { Invocation } from '../../commands/command.ts';
import { stackFolders } from '../folders.ts';
import { startInContainers } from '../start-in-containers.ts';
import { readEngines } from '../state.ts';
import { provisionDocker } from './docker-stack.ts';
import { noEngine, searchEngine } from './engine/find-engine.ts';

export interface Resize {
  readonly name: string;
  /** How many messaging servers are to be there. */
  readonly messaging: number;
  readonly timeoutMs: number;
}

/** Starts those that are missing and waits for them; stops surplus ones. Errors: those of `up`. */
export async function resizeContainers(invocation: Invocation, { name, messaging, timeoutMs }: Resize): Promise<void> {
  const { environment } = invocation;
  const before = (await readEngines(stackFolders(environment, name)))?.docker;
  const search = await searchEngine({ ...environment, remembered: before?.engine });
  if (search.found === undefined) throw noEngine(search);
  const report = (): void => undefined;
  const docker = { found: search.found, before };
  const provision = provisionDocker(invocation, { name, docker, keep: false, profiles: [], report });
  const portBase = undefined;
  await startInContainers(invocation, { name, messaging, timeoutMs, portBase, keep: false, provision, report });
}
