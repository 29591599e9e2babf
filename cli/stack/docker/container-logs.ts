/**
 * What the containers of a stack print, as lines of the stack's log; found by labels.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { Environment } from '../../commands/environment.ts';
import type { LogLine } from '../../output/log-line.ts';
import { orAborted } from '../aborted.ts';
import type { LogSource } from '../merged-log.ts';
import { isServer } from './servers/server-services.ts';
import { parseContainerLine, parseServerLine } from './container-log.ts';
import { isLineTime } from './engine/container-output.ts';
import { EngineRefusal, type DockerEngine } from './engine/docker-engine.ts';
import { partOf } from './provision/project.ts';
import { stackContainers } from './provision/stack-objects.ts';
import { openStackEngine } from './stack-engine.ts';

/** Before any line. */
const beginning = '1970-01-01T00:00:00Z';
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
      // One at least, for its time: what comes is what comes later.
      const lines = await engine.timedLines(id, Math.max(1, tail)).catch((error: unknown) => {
        if (isPassing(error)) return [];
        throw error;
      });
      let last = timeOf(lines.at(-1)) ?? beginning;
      return {
        history: tail === 0 ? [] : lines.map(parse),
        async *live(): AsyncGenerator<LogLine> {
          do {
            try {
              for await (const line of engine.followLines(id, { after: last, signal })) {
                last = timeOf(line) ?? last;
                yield parse(line);
              }
            } catch (error) {
              if (!isPassing(error)) throw error;
            }
            // It has stopped, or its engine has; either may be started again.
          } while (await runsAgain(engine, id, { clock, signal }));
        },
      };
    },
  };
}

/** The engine is away, or the container is just being taken away. */
function isPassing(error: unknown): boolean {
  return error instanceof CecochatError || (error instanceof EngineRefusal && [404, 409].includes(error.status));
}

/** The engine's time before a line. */
function timeOf(line: string | undefined): string | undefined {
  const [time = ''] = line?.split(' ') ?? [];
  return isLineTime(time) ? time : undefined;
}

/** True once the container runs, false when it is taken away or the signal aborts. */
async function runsAgain(
  engine: DockerEngine,
  id: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  for (;;) {
    await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    // An engine that does not answer holds nobody up who wants to leave.
    const asking = engine.listContainers().catch(() => undefined);
    const containers = await orAborted(asking, undefined, signal);
    if (signal.aborted) return false;
    const found = containers?.find((container) => container.id === id);
    if (found?.state === 'running') return true;
    if (containers !== undefined && found === undefined) return false;
  }
}
