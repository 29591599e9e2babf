/**
 * Topic and schema on engines that `up` started. It loads the engines' drivers, so it is loaded only when it is needed.
 */
import { prepareEngine } from '../../../services/run.ts';
import type { Environment } from '../../commands/environment.ts';

/** `settings` by name, as the stack keeps them; parts that are no engine of ours are left alone. */
export async function prepare(
  { clock, env }: Pick<Environment, 'clock' | 'env'>,
  part: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const engine = (['kafka', 'cassandra', 'redis'] as const).find((known) => known === part);
  if (engine === undefined) return;
  await prepareEngine({
    engine,
    sources: [
      { origin: 'up', keyedBy: 'name', values: settings },
      { origin: 'environment', keyedBy: 'variable', values: env },
    ],
    clock,
  });
}
