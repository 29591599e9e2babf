/**
 * Where a stack's Kafka, Cassandra and Redis are. It loads the servers, so it is loaded only when it is needed.
 */
import { externalEnginesOf, type ExternalEngineOptions } from '../../../services/run.ts';
import type { Environment } from '../../commands/environment.ts';

export type { ExternalEngineOptions };

/** `settings` by name, as the stack keeps them. Undefined: embedded engines. Error: settings.invalid. */
export function externalEngines(
  { env }: Pick<Environment, 'env'>,
  settings: Readonly<Record<string, string>>,
): ExternalEngineOptions | undefined {
  return externalEnginesOf([
    { origin: 'up', keyedBy: 'name', values: settings },
    { origin: 'environment', keyedBy: 'variable', values: env },
  ]);
}
