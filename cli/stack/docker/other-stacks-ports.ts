/**
 * The ports that other stacks of this user published last: they may want them back.
 */
import type { Environment } from '../../commands/environment.ts';
import { stackFolders } from '../folders.ts';
import { listStackNames } from '../stack-list.ts';
import { readEngines } from '../state.ts';

export async function otherStacksPorts(
  environment: Pick<Environment, 'env' | 'cwd'>,
  name: string,
): Promise<ReadonlySet<number>> {
  const others = (await listStackNames(environment)).filter((other) => other !== name);
  const engines = await Promise.all(
    // A damaged file of another stack is that stack's trouble.
    others.map((other) => readEngines(stackFolders(environment, other)).catch(() => undefined)),
  );
  return new Set(engines.flatMap((found) => Object.values(found?.docker?.ports ?? {})));
}
