/**
 * Each stack has a block of ports of its own, so that two of them side by side keep their addresses.
 */
import type { Environment } from '../commands/environment.ts';
import { stackFolders } from './folders.ts';
import { freeBase } from './ports.ts';
import { listStackNames } from './stack-list.ts';
import { readPorts } from './state.ts';

export async function portBaseFor(environment: Pick<Environment, 'env' | 'cwd'>, name: string): Promise<number> {
  const others = (await listStackNames(environment)).filter((other) => other !== name);
  const ports = await Promise.all(
    // A damaged file of another stack is that stack's trouble.
    others.map((other) => readPorts(stackFolders(environment, other)).catch(() => undefined)),
  );
  return freeBase(ports.flatMap((found) => Object.values(found?.ports ?? {})));
}
