/**
 * Sees to it that the engine has an image. One that is there is never pulled: its registry may be out of reach. A
 * registry that says nothing, and an engine that tries a layer again and again, are not waited for.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Clock } from '../../../../services/core/time/clock.ts';
import type { PullProgress, Report } from '../../part-report.ts';
import { EngineRefusal, type DockerEngine } from '../engine/docker-engine.ts';
import { explainPullFailure, registryOf } from './pull-failure.ts';

export interface ImageRequest {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly part: string;
  readonly reference: string;
}

/** Until the first word of the registry, and while the engine does nothing but try again. */
const stuckLimitMs = 8_000;
/** Between two words while layers come: a large one may be checked or unpacked meanwhile. */
const silenceLimitMs = 60_000;

/** Error: engine.unavailable, when it cannot be pulled. */
export async function ensureImage(request: ImageRequest): Promise<void> {
  const { engine, signal, report, part, reference } = request;
  if ((await engine.inspectImage(reference)) !== undefined) return;
  report({ part, step: 'pull', detail: reference });
  try {
    await pull(request);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EngineRefusal)) throw error;
    const { reason, hint } = explainPullFailure(reference, error.message);
    const why = reason === undefined ? '' : `: ${reason}`;
    throw new CecochatError(
      'engine.unavailable',
      `the image ${reference} is not on this engine and cannot be pulled${why}`,
      { cause: error, hint, data: { image: reference, part } },
    );
  }
}

async function pull({ engine, clock, signal, report, part, reference }: ImageRequest): Promise<void> {
  const stuck = new AbortController();
  const registry = registryOf(reference);
  const watch = (ms: number, what: string): { cancel(): void } =>
    clock.after(ms, () => stuck.abort(new EngineRefusal(504, `${what} for ${ms / 1000} s: timeout`)));
  let watching = watch(stuckLimitMs, `nothing was heard from ${registry}`);
  let isRetrying = false;
  let said = '';
  try {
    await engine.pullImage(reference, {
      signal: AbortSignal.any([signal, stuck.signal]),
      onProgress: ({ isRetry, ...progress }) => {
        if (!isRetry || !isRetrying) {
          watching.cancel();
          watching = isRetry
            ? watch(stuckLimitMs, `the engine did nothing but try a layer from ${registry} again`)
            : watch(silenceLimitMs, `nothing more was heard from ${registry}`);
        }
        isRetrying = isRetry;
        const saying = steps(progress);
        if (saying !== said) report({ part, step: 'pull', detail: reference, pull: progress });
        said = saying;
      },
    });
  } catch (error) {
    throw stuck.signal.aborted && !signal.aborted ? stuck.signal.reason : error;
  } finally {
    watching.cancel();
  }
  // An engine that goes away ends its answer as one that is done does.
  if ((await engine.inspectImage(reference)) === undefined) {
    throw new EngineRefusal(500, 'the engine ended its answer early: unexpected EOF');
  }
}

/** What is worth telling anew. */
function steps({ percent, unpackedPercent }: PullProgress): string {
  return `${percent} ${unpackedPercent}`;
}
