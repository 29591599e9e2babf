/**
 * Sees to it that the engine has an image. One that is there is never pulled: its registry may be out of reach.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import { EngineRefusal, type DockerEngine } from '../engine/docker-engine.ts';
import type { Report } from '../../part-report.ts';

export interface ImageRequest {
  readonly engine: DockerEngine;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly part: string;
  readonly reference: string;
}

/** Error: engine.unavailable, when it cannot be pulled. */
export async function ensureImage({ engine, signal, report, part, reference }: ImageRequest): Promise<void> {
  if ((await engine.inspectImage(reference)) !== undefined) return;
  report({ part, step: 'pull', detail: reference });
  let said = '';
  try {
    await engine.pullImage(reference, {
      signal,
      onProgress: (pull) => {
        const percent = Math.floor((100 * pull.doneBytes) / Math.max(1, pull.totalBytes));
        if (`${percent}` === said) return;
        said = `${percent}`;
        report({ part, step: 'pull', detail: reference, pull });
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EngineRefusal)) throw error;
    throw new CecochatError('engine.unavailable', `the image ${reference} is not on this engine and cannot be pulled`, {
      cause: error,
      hint: `docker pull ${reference}, or on a machine that can: docker save ${reference} | gzip > image.tgz, and here: docker load < image.tgz`,
      data: { image: reference, part },
    });
  }
}
