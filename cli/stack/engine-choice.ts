/**
 * Which engines a stack is started on, and why: what is asked for now, what it was started on before, what the
 * environment says, else the embedded ones.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Environment } from '../commands/environment.ts';
import { findDocker } from './docker-engine.ts';
import type { StackFolders } from './folders.ts';
import type { Backends } from './stack-files.ts';
import { readEngines } from './state.ts';

export interface EngineOptions {
  readonly backends: 'auto' | 'embedded' | 'docker' | 'external';
  readonly kafka?: string;
  readonly cassandra?: string;
  readonly redis?: string;
}

export interface EngineChoice {
  readonly backends: Backends;
  /** Half a sentence. */
  readonly reason: string;
  /** Settings of the engines by name, to be kept with the stack. */
  readonly settings: Readonly<Record<string, string>>;
}

const variable = 'CECOCHAT_ENGINES_BACKEND';

/** Error: usage.invalid. */
export async function chooseEngines(
  environment: Environment,
  folders: StackFolders,
  options: EngineOptions,
): Promise<EngineChoice> {
  const given = Object.entries({ kafka: options.kafka, cassandra: options.cassandra, redis: options.redis }).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
  );
  const first = given[0];
  if (first !== undefined && options.backends !== 'external') {
    throw new CecochatError('usage.invalid', `option --${first[0]} needs --backends external`, {
      hint: 'cecochat up --help',
    });
  }
  if (options.backends === 'docker') {
    throw new CecochatError(
      'usage.invalid',
      'option --backends docker: this version cannot start engines in Docker yet',
      { hint: 'cecochat up --backends embedded' },
    );
  }
  if (options.backends === 'embedded') {
    return { backends: 'embedded', reason: 'as asked for', settings: { backend: 'embedded' } };
  }
  const before = (await readEngines(folders))?.settings ?? {};
  if (options.backends === 'external') {
    const settings = { ...before, ...Object.fromEntries(given), backend: 'external' };
    return { backends: 'external', reason: 'as asked for', settings };
  }
  if (before['backend'] === 'external') return { backends: 'external', reason: 'as before', settings: before };
  if (environment.env[variable] === 'external') {
    return { backends: 'external', reason: `as ${variable} says`, settings: {} };
  }
  const docker = await findDocker(environment);
  const reason =
    docker === undefined
      ? 'since no Docker engine answers'
      : `since this version does not use Docker yet (an engine answers at ${docker})`;
  return { backends: 'embedded', reason, settings: { backend: 'embedded' } };
}
