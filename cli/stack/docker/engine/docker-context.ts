/**
 * The contexts of the docker command: names for engines, kept in ~/.docker (or DOCKER_CONFIG).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineAddress, EngineTls } from './engine-address.ts';

/** "default" stands for DOCKER_HOST or the default socket; undefined when none is chosen. */
export async function currentContext(configFolder: string): Promise<string | undefined> {
  const config = await readJson(join(configFolder, 'config.json'));
  const name = property(config, 'currentContext');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Undefined when there is no such context, or it has no Docker engine. */
export async function readContext(configFolder: string, name: string): Promise<EngineAddress | undefined> {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readJson(join(configFolder, 'contexts', 'meta', id, 'meta.json'));
  const endpoint = property(property(meta, 'Endpoints'), 'docker');
  const url = property(endpoint, 'Host');
  if (typeof url !== 'string' || url === '') return undefined;
  const verify = property(endpoint, 'SkipTLSVerify') !== true;
  const tls = await readTls(join(configFolder, 'contexts', 'tls', id, 'docker'), verify);
  return { url, origin: `the Docker context "${name}"`, tls };
}

/** ca.pem, cert.pem and key.pem of a folder; undefined when none is there. */
export async function readTls(folder: string, verify: boolean): Promise<EngineTls | undefined> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)),
  );
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key, verify };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // Missing or damaged: the docker command's trouble, not ours.
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
