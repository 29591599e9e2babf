/**
 * Builds an image with the engine's own builder, which takes the context and asks no registry for a base that is there.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageBuild
 */
import type Docker from 'dockerode';
import { EngineRefusal, type BuildRequest } from './docker-engine.ts';

interface BuildLine {
  readonly stream?: unknown;
  readonly error?: unknown;
}

export async function buildWith(docker: Docker, { reference, context, labels, signal }: BuildRequest): Promise<void> {
  const stream = await docker.buildImage(context, {
    t: reference,
    labels: { ...labels },
    forcerm: true,
    // Nothing is run, so nothing needs a network.
    networkmode: 'none',
    abortSignal: signal,
  });
  let failure: string | undefined;
  let last = '';
  const onLine = ({ stream: said, error }: BuildLine): void => {
    // It fails inside an answer that began with 200.
    if (typeof error === 'string') failure ??= error;
    if (typeof said === 'string' && said.trim() !== '') last = said.trim();
  };
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)), onLine);
  });
  if (failure !== undefined) throw new EngineRefusal(500, `${failure}${last === '' ? '' : ` (at: ${last})`}`);
}
