/**
 * Pulls an image; its layers come down side by side, and each tells its own progress.
 */
import type Docker from 'dockerode';
import { EngineRefusal, type PullRequest } from './docker-engine.ts';

interface PullLine {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

export async function pullWith(docker: Docker, reference: string, { signal, onProgress }: PullRequest): Promise<void> {
  const stream = await docker.pull(reference, { abortSignal: signal });
  const layers = new Map<string, { done: number; total: number }>();
  let failure: string | undefined;
  const onLine = ({ id, status, error, progressDetail }: PullLine): void => {
    // It fails inside an answer that began with 200.
    if (typeof error === 'string') failure ??= error;
    const { current, total } = progressDetail ?? {};
    if (typeof id !== 'string' || status !== 'Downloading' || current === undefined || total === undefined) return;
    layers.set(id, { done: current, total });
    const sum = { doneBytes: 0, totalBytes: 0 };
    for (const layer of layers.values()) {
      sum.doneBytes += layer.done;
      sum.totalBytes += layer.total;
    }
    onProgress(sum);
  };
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)), onLine);
  });
  if (failure !== undefined) throw new EngineRefusal(500, failure);
}
