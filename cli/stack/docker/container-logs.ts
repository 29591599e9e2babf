/**
 * What the containers of a stack print, as lines of the stack's log; found by labels.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { dateAt } from '../../../services/core/time/date.ts';
import type { Environment } from '../../commands/environment.ts';
import type { LogLine } from '../../output/log-line.ts';
import type { LogSource } from '../merged-log.ts';
import { isServer } from './servers/server-services.ts';
import { parseContainerLine, parseServerLine } from './container-log.ts';
import { EngineRefusal, type DockerEngine } from './engine/docker-engine.ts';
import { partOf } from './provision/project.ts';
import { stackContainers } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

/** Between looks at one that has stopped. */
const lookEveryMs = 1_000;

export interface ContainerLog extends LogSource {
  readonly part: string;
}

/** Of the containers that there are when it is asked; none for a stack without. */
export type FindContainerLogs = () => Promise<readonly ContainerLog[]>;

/** Error: engine.unavailable, when the stack's files name an engine that is silent. */
export async function openContainerLogs(environment: Environment, name: string): Promise<FindContainerLogs> {
  const found = await openStackEngine(environment, name);
  if (found === undefined) return () => Promise.resolve([]);
  const { engine, project } = found;
  const { clock } = environment;
  return async () => {
    const containers = await stackContainers(engine, project);
    return containers.map((container) => containerLog({ engine, clock, part: partOf(container), id: container.id }));
  };
}

interface Printing {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly part: string;
  readonly id: string;
}

function containerLog({ engine, clock, part, id }: Printing): ContainerLog {
  const parse = (line: string): LogLine =>
    isServer(part) ? parseServerLine(part, line) : parseContainerLine(part, line);
  return {
    key: id,
    part,
    open: async ({ tail, signal }) => {
      const lines = await engine.timedLines(id, tail);
      let last = timeOf(lines.at(-1));
      return {
        history: lines.map(parse),
        async *live(): AsyncGenerator<LogLine> {
          while (!signal.aborted && (await isThere(engine, id))) {
            try {
              for await (const line of engine.followLines(id, { after: last, signal })) {
                last = timeOf(line);
                yield parse(line);
              }
            } catch (error) {
              if (!isPassing(error)) throw error;
            }
            // It has stopped, or its engine has; either may be started again, and what it prints then is from now on.
            if (last === '') last = dateAt(clock.nowMs()).toISOString();
            await clock.sleep(lookEveryMs, signal).catch(() => undefined);
          }
        },
      };
    },
  };
}

/** The engine is away, or the container is just being taken away. */
function isPassing(error: unknown): boolean {
  return error instanceof CecochatError || (error instanceof EngineRefusal && [404, 409].includes(error.status));
}

function timeOf(line: string | undefined): string {
  return line?.split(' ')[0] ?? '';
}

async function isThere(engine: DockerEngine, id: string): Promise<boolean> {
  const containers = await engine.listContainers().catch(() => undefined);
  return containers === undefined || containers.some((container) => container.id === id);
}
