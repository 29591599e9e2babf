/**
 * Pulls an image; its layers come down side by side, and each tells its own progress.
 */
import type Docker from 'dockerode';
import { EngineRefusal, type PullRequest } from './docker-engine.ts';
import { PullSum, type PullLine } from './pull-sum.ts';

export async function pullWith(docker: Docker, reference: string, { signal, onProgress }: PullRequest): Promise<void> {
  const stream = await docker.pull(reference, { abortSignal: signal });
  const sum = new PullSum();
  let failure: string | undefined;
  const onLine = (line: PullLine): void => {
    // It fails inside an answer that began with 200.
    if (typeof line.error === 'string') failure ??= line.error;
    sum.add(line);
    onProgress({ ...sum.progress, isRetry: typeof line.status === 'string' && line.status.startsWith('Retrying') });
  };
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)), onLine);
  });
  if (failure !== undefined) throw new EngineRefusal(500, failure);
}
