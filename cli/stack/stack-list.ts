/**
 * The stacks that have a folder on this machine.
 */
import { readdir } from 'node:fs/promises';
import { isStackName } from './stack-name.ts';
import type { Environment } from '../commands/environment.ts';
import { homeFolder } from './folders.ts';

export async function listStackNames(environment: Pick<Environment, 'env' | 'cwd'>): Promise<string[]> {
  const entries = await readdir(homeFolder(environment), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && isStackName(entry.name)).map((entry) => entry.name);
}
