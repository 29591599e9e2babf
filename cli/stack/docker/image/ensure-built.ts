/**
 * Sees to it that the engine has the image of the servers.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Clock } from '../../../../services/core/time/clock.ts';
import type { Report } from '../../part-report.ts';
import { EngineRefusal, type DockerEngine } from '../engine/docker-engine.ts';
import { ensureImage } from '../provision/ensure-image.ts';
import { packContext } from './pack-context.ts';
import { imageRepository, type ServerImage } from './server-image.ts';

interface BuildContext {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly report: Report;
}

const part = 'image';

/** Errors: engine.unavailable, when the image that it is built on cannot be pulled, or the engine cannot build. */
export async function ensureBuilt(
  { engine, clock, report }: BuildContext,
  { reference, base, files }: ServerImage,
  signal: AbortSignal,
): Promise<void> {
  if ((await engine.inspectImage(reference)) !== undefined) {
    report({ part, step: 'keep', detail: reference });
    return;
  }
  await ensureImage({ engine, clock, signal, report, part, reference: base });
  report({ part, step: 'create', detail: reference });
  try {
    const context = packContext(await files());
    await engine.buildImage({ reference, context, labels: { 'cecochat.image': imageRepository }, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EngineRefusal)) throw error;
    throw new CecochatError('engine.unavailable', `the image ${reference} of the servers could not be built`, {
      cause: error,
      hint: 'the reason above is the Docker engine’s own; "cecochat up --servers processes" needs no image',
      data: { image: reference },
    });
  }
  report({ part, step: 'ready', detail: reference });
}

/** Images of earlier programs, as far as no container uses them. */
export async function removeOthers(
  { engine }: Pick<BuildContext, 'engine'>,
  { reference }: ServerImage,
): Promise<void> {
  const others = (await engine.listImages(imageRepository)).filter((image) => image !== reference);
  await Promise.all(others.map((image) => engine.removeImage(image)));
}
