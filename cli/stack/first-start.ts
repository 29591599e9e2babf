/**
 * The folder of a stack that was never started: an `up` that is interrupted before it was ever ready takes it away
 * again. A folder that holds anything that somebody may want is never touched.
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../services/core/errno.ts';
import { dataHolder } from './data-holder.ts';
import type { StackFolders } from './folders.ts';

const ownFolders = ['data', 'logs'];

/** Whether it holds no more than what `up` makes before anything else: the lock, no data. */
export async function isUnused({ root, data }: StackFolders): Promise<boolean> {
  const [entries, stored] = await Promise.all([readdir(root), readdir(data)]);
  return stored.length === 0 && entries.every((name) => isLock(name) || ownFolders.includes(name));
}

/** All but the lock, which its holder gives back. Nothing, while a process has the data. */
export async function clearFolder(folders: StackFolders): Promise<void> {
  if ((await dataHolder(folders)) !== undefined) return;
  const entries = await readdir(folders.root);
  const others = entries.filter((name) => !isLock(name));
  await Promise.all(others.map((name) => rm(join(folders.root, name), { recursive: true, force: true })));
}

/** The folder itself, when nothing is in it. */
export async function removeEmpty({ root }: StackFolders): Promise<void> {
  try {
    await rmdir(root);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  }
}

function isLock(name: string): boolean {
  return name.startsWith('stack.lock');
}
