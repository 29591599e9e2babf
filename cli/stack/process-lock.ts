/**
 * A lock file that one living process holds. One whose process is gone is taken over.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Random } from '../../services/core/random.ts';
import { isErrno } from '../../services/core/errno.ts';
import { isRunning, processStartOf, type ProcessIdentity } from './process/process-identity.ts';

export type LockAttempt =
  | { readonly held: true; readonly lock: AsyncDisposable }
  | { readonly held: false; readonly holder: ProcessIdentity };

/** Does not wait. The folder must exist. */
export async function tryLock(path: string, random: Random): Promise<LockAttempt> {
  const own = `${path}.${Buffer.from(random.bytes(8)).toString('hex')}`;
  const text = JSON.stringify({ pid: process.pid, processStart: (await processStartOf(process.pid)) ?? '' });
  // A file linked into place is whole as soon as it is there; one that is created and then written is not.
  await writeFile(own, text, { mode: 0o600 });
  try {
    while (!(await place(own, path))) {
      const holder = await readHolder(path);
      if (holder !== undefined && (await isRunning(holder))) return { held: false, holder };
      await takeAway(path, own);
    }
  } finally {
    await rm(own, { force: true });
  }
  return { held: true, lock: { [Symbol.asyncDispose]: () => rm(path, { force: true }) } };
}

async function place(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
}

/**
 * Removes a lock that nobody holds. Another one may have taken it over since it was looked at: so it is moved
 * aside first, looked at again, and put back when somebody holds it.
 */
async function takeAway(path: string, own: string): Promise<void> {
  const aside = `${own}.aside`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return;
    }
    throw error;
  }
  const holder = await readHolder(aside);
  if (holder !== undefined && (await isRunning(holder))) {
    await place(aside, path);
  }
  await rm(aside, { force: true });
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && 'pid' in value && 'processStart' in value) {
      const { pid, processStart } = value;
      return typeof pid === 'number' && typeof processStart === 'string' ? { pid, processStart } : undefined;
    }
  } catch {
    // Gone meanwhile, or not ours: either way nobody holds it.
  }
  return undefined;
}
