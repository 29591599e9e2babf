/**
 * The secrets of a local stack: made once, kept in its folder.
 */
import type { Random } from '../../services/core/random.ts';
import type { StackFolders } from './folders.ts';
import type { StackSecrets } from './stack-files.ts';
import { readSecrets, writeSecrets } from './state.ts';

/** Ids as in the documentation and the golden examples. */
export const demoUsers = [
  { name: 'bob', userId: '1' },
  { name: 'alice', userId: '2' },
  { name: 'peter', userId: '1200' },
] as const;

export async function ensureSecrets(folders: StackFolders, random: Random): Promise<StackSecrets> {
  const found = await readSecrets(folders);
  if (found !== undefined) return found;
  const made = makeSecrets(random);
  await writeSecrets(folders, made);
  return made;
}

function makeSecrets(random: Random): StackSecrets {
  return {
    formatVersion: 1,
    adminToken: randomSecret(random),
    users: demoUsers.map((user) => ({ ...user, password: randomSecret(random) })),
  };
}

/** 144 bits as 24 URL-safe characters. */
export function randomSecret(random: Random): string {
  return Buffer.from(random.bytes(18)).toString('base64url');
}
