/**
 * Whether a Docker engine answers here: only asked, never used in this version.
 */
import { get } from 'node:http';
import type { Environment } from '../commands/environment.ts';

const answerLimitMs = 300;

/** Its address, or undefined. */
export async function findDocker({ env, signal }: Pick<Environment, 'env' | 'signal'>): Promise<string | undefined> {
  const host = env['DOCKER_HOST'];
  const paths =
    host === undefined || host === ''
      ? [`${env['HOME'] ?? ''}/.docker/run/docker.sock`, '/var/run/docker.sock']
      : host.startsWith('unix://')
        ? [host.slice('unix://'.length)]
        : [];
  for (const path of paths) {
    if (await answers(path, signal)) {
      return `unix://${path}`;
    }
  }
  return undefined;
}

function answers(socketPath: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/_ping', agent: false, timeout: answerLimitMs, signal }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}
