/**
 * Names of users for people to read: those that this machine knows (demo users, users added here) and those
 * that the command was given; anybody else by id.
 */
import { stackFolders } from '../../stack/folders.ts';
import { readSecrets } from '../../stack/state.ts';
import type { Environment } from '../environment.ts';

export interface Names {
  readonly of: (userId: bigint) => string;
  readonly add: (userId: bigint, name: string) => void;
}

export async function createNames(environment: Environment, stackName: string): Promise<Names> {
  const secrets = await readSecrets(stackFolders(environment, stackName));
  const names = new Map((secrets?.users ?? []).map((user) => [user.userId, user.name]));
  return {
    of: (userId) => names.get(String(userId)) ?? String(userId),
    add: (userId, name) => void names.set(String(userId), name),
  };
}
