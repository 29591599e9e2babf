/**
 * Waits until a container is healthy. The engine runs the health check at its interval only; here the same is asked
 * more often, so that nobody waits for the rest of an interval. A container that ends, is restarted or gets
 * unhealthy ends the waiting at once, with the last lines that it printed.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Clock } from '../../../../services/core/time/clock.ts';
import type { Service } from '../compose/compose-model.ts';
import { EngineRefusal, type ContainerDetails, type DockerEngine } from '../engine/docker-engine.ts';

export interface WaitRequest {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly id: string;
  readonly containerName: string;
  readonly service: Service;
  /** How often it had been restarted before it was started now. */
  readonly restartsBefore: number;
  /** Asks a server itself: a command inside would take more of the machine than the server does while it starts. */
  readonly isReady?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Stands for the command of the health check. */
  readonly answers?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
}

const pollMs = 200;
/**
 * What has no health check is healthy once it has run for so long. An engine calls a container running before the
 * program in it was started, and goes on doing so until it has noticed that the program has ended.
 */
const settledMs = 1000;
const logLines = 12;

/** Error: stack.unhealthy with the container's last lines in `data.log`. */
export async function waitHealthy(request: WaitRequest): Promise<void> {
  const { engine, clock, signal, id, service, isReady, answers } = request;
  const command = commandOf(service.healthcheck?.test ?? []);
  let runningSinceMs: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const details = await engine.inspectContainer(id);
    const failure = failureOf(details, request);
    if (failure !== undefined) throw await withOutput(failure, request);
    if (details?.state === 'running') {
      runningSinceMs ??= clock.monotonicMs();
      const isHealthy =
        isReady !== undefined
          ? await isReady(signal)
          : command === undefined
            ? clock.monotonicMs() - runningSinceMs >= settledMs
            : details.health === 'healthy' || (await (answers?.(signal) ?? passes(command, request)));
      if (isHealthy) return;
    } else {
      runningSinceMs = undefined;
    }
    await clock.sleep(pollMs, signal);
  }
}

async function passes(command: readonly string[], request: WaitRequest): Promise<boolean> {
  const { engine, clock, signal, id, service } = request;
  const late = new AbortController();
  const timer = clock.after(service.healthcheck?.timeoutMs ?? pollMs, () =>
    late.abort(new Error('the check took too long')),
  );
  try {
    return (await engine.execute(id, command, AbortSignal.any([signal, late.signal]))) === 0;
  } catch (error) {
    signal.throwIfAborted();
    // It ended meanwhile (409), which the next look at it tells, or the check took too long.
    if (error instanceof EngineRefusal || late.signal.aborted) return false;
    throw error;
  } finally {
    timer.cancel();
  }
}

/** Undefined: there is no check. */
function commandOf([kind, ...words]: readonly string[]): readonly string[] | undefined {
  if (kind === 'CMD') return words;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : undefined;
}

function failureOf(details: ContainerDetails | undefined, request: WaitRequest): string | undefined {
  if (details === undefined) return 'was removed by somebody else while it started';
  const { state, exitCode, outOfMemory, health, restartCount, lastCheck } = details;
  const why = outOfMemory
    ? `for lack of memory (limit ${(request.service.memoryBytes ?? 0) / 1024 ** 2} MiB)`
    : `with code ${exitCode}`;
  if (state === 'exited' || state === 'dead') return `ended ${why}`;
  // One that runs again has no exit code to tell.
  if (restartCount > request.restartsBefore) return `ends again and again${state === 'running' ? '' : `, last ${why}`}`;
  return health === 'unhealthy'
    ? `is not healthy: ${lastCheck === '' ? 'its health check says nothing' : lastCheck}`
    : undefined;
}

async function withOutput(failure: string, request: WaitRequest): Promise<CecochatError> {
  const { engine, id, containerName, service } = request;
  const log = await engine.lastLines(id, logLines).catch(() => []);
  const foreign = log.some((line) => line.includes('exec format error'))
    ? await foreignPlatform(engine, service.image).catch(() => undefined)
    : undefined;
  const { what, hint } = foreign ?? {
    what: failure,
    hint: `repeat the command with --keep, then look at it: docker logs ${containerName}`,
  };
  return new CecochatError('stack.unhealthy', `container ${containerName} (${service.image}) ${what}`, {
    hint,
    data: { part: service.name, container: containerName, ...(log.length === 0 ? {} : { log: log.join('\n') }) },
  });
}

/** Undefined for an image of the engine's own platform. */
async function foreignPlatform(
  engine: DockerEngine,
  image: string,
): Promise<{ readonly what: string; readonly hint: string } | undefined> {
  const [found, own] = await Promise.all([engine.inspectImage(image), engine.platform()]);
  if (found === undefined || found.platform === own) return undefined;
  return {
    what: `does not run: its image is made for ${found.platform}, this engine is ${own}`,
    hint: `docker pull --platform ${own} ${image}`,
  };
}
