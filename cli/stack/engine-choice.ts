/**
 * Which engines a stack is started on, and why: what is asked for now, what it was started on before, what the
 * environment says, else Docker where an engine answers, else the embedded ones.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Environment } from '../commands/environment.ts';
import { describeAbsence, noEngine, searchEngine, type FoundEngine } from './docker/engine/find-engine.ts';
import type { StackFolders } from './folders.ts';
import type { Backends, StackDocker } from './stack-files.ts';
import { readEngines } from './state.ts';

export interface EngineOptions {
  readonly backends: 'auto' | 'embedded' | 'docker' | 'external';
  readonly kafka?: string;
  readonly cassandra?: string;
  readonly redis?: string;
  readonly dockerHost?: string;
}

export interface EngineChoice {
  readonly backends: Backends;
  /** Half a sentence. */
  readonly reason: string;
  /** Settings of the engines by name, to be kept with the stack; of containers they are known once these run. */
  readonly settings: Readonly<Record<string, string>>;
  /** The Docker engine to provision them with. */
  readonly docker?: DockerChoice;
}

export interface DockerChoice {
  readonly found: FoundEngine;
  /** What the stack had on Docker before. */
  readonly before: StackDocker | undefined;
}

const variable = 'CECOCHAT_ENGINES_BACKEND';

/** Errors: usage.invalid; engine.unavailable, when Docker is asked for or was used before and does not answer. */
export async function chooseEngines(
  environment: Environment,
  folders: StackFolders,
  options: EngineOptions,
): Promise<EngineChoice> {
  const given = Object.entries({ kafka: options.kafka, cassandra: options.cassandra, redis: options.redis }).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
  );
  refuseMisplaced(options, given[0]?.[0]);
  if (options.backends === 'embedded') {
    return { backends: 'embedded', reason: 'as asked for', settings: { backend: 'embedded' } };
  }
  const written = await readEngines(folders);
  const before = written?.settings ?? {};
  const docker = written?.docker;
  if (options.backends === 'external') {
    const kept = docker === undefined ? before : {};
    return {
      backends: 'external',
      reason: 'as asked for',
      settings: { ...kept, ...Object.fromEntries(given), backend: 'external' },
    };
  }
  if (options.backends === 'docker') return onDocker(environment, options, { reason: 'as asked for', before: docker });
  if (docker !== undefined) return onDocker(environment, options, { reason: 'as before', before: docker });
  refuseDockerHost(options.dockerHost, before['backend']);
  if (before['backend'] === 'external') return { backends: 'external', reason: 'as before', settings: before };
  if (before['backend'] === 'embedded') return { backends: 'embedded', reason: 'as before', settings: before };
  if (environment.env[variable] === 'external') {
    return { backends: 'external', reason: `as ${variable} says`, settings: {} };
  }
  const search = await searchEngine({ ...environment, dockerHost: options.dockerHost });
  const { found } = search;
  if (found === undefined) {
    return { backends: 'embedded', reason: `since ${describeAbsence(search)}`, settings: { backend: 'embedded' } };
  }
  const reason = `since a Docker engine answers at ${found.address.url} (${found.address.origin})`;
  return { backends: 'docker', reason, settings: {}, docker: { found, before: undefined } };
}

function refuseMisplaced(options: EngineOptions, address: string | undefined): void {
  if (address !== undefined && options.backends !== 'external') {
    throw new CecochatError('usage.invalid', `option --${address} needs --backends external`, {
      hint: 'cecochat up --help',
    });
  }
  if (options.dockerHost !== undefined && options.backends !== 'docker' && options.backends !== 'auto') {
    throw new CecochatError('usage.invalid', `option --docker-host does not go with --backends ${options.backends}`, {
      hint: 'cecochat up --help',
    });
  }
}

function refuseDockerHost(dockerHost: string | undefined, backend: string | undefined): void {
  if (dockerHost === undefined || backend === undefined) return;
  throw new CecochatError(
    'usage.invalid',
    `option --docker-host needs a Docker engine below the servers; this stack is on ${backend} engines, as before`,
    { hint: 'cecochat up --name OTHER --backends docker --docker-host …; data does not move' },
  );
}

async function onDocker(
  environment: Environment,
  { dockerHost }: EngineOptions,
  { reason, before }: { readonly reason: string; readonly before: StackDocker | undefined },
): Promise<EngineChoice> {
  const search = await searchEngine({ ...environment, dockerHost, remembered: before?.engine });
  const { found } = search;
  if (found === undefined) throw noEngine(search);
  const at = `${reason}; engine at ${found.address.url} (${found.address.origin})`;
  return { backends: 'docker', reason: at, settings: {}, docker: { found, before } };
}
