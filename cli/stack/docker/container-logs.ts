/**
 * What the containers of a stack print, as lines of the stack's log; found by labels.
 */
import type { Environment } from '../../commands/environment.ts';
import type { LogLine } from '../../output/log-line.ts';
import type { LogSource } from '../merged-log.ts';
import { isServer } from './servers/server-services.ts';
import { parseContainerLine, parseServerLine } from './container-log.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { partOf } from './provision/project.ts';
import { stackContainers } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

export interface ContainerLog extends LogSource {
  readonly part: string;
}

/** None when the stack has no containers. Error: engine.unavailable, when its files name an engine that is silent. */
export async function findContainerLogs(environment: Environment, name: string): Promise<readonly ContainerLog[]> {
  const found = await openStackEngine(environment, name);
  if (found === undefined) return [];
  const containers = await stackContainers(found.engine, found.project);
  return containers.map((container) => containerLog(found.engine, partOf(container), container.id));
}

function containerLog(engine: DockerEngine, part: string, id: string): ContainerLog {
  const parse = (line: string): LogLine =>
    isServer(part) ? parseServerLine(part, line) : parseContainerLine(part, line);
  return {
    part,
    open: async ({ tail, signal }) => {
      const lines = await engine.timedLines(id, tail);
      const last = lines.at(-1)?.split(' ')[0] ?? '';
      return {
        history: lines.map(parse),
        async *live(): AsyncGenerator<LogLine> {
          for await (const line of engine.followLines(id, { after: last, signal })) yield parse(line);
        },
      };
    },
  };
}
