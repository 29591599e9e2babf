/**
 * One `up` or `down` of a stack at a time: a second one waits for the first. A lock whose process is gone
 * is taken over.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../services/core/errors.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { isErrno } from './errno.ts';
import type { StackFolders } from './folders.ts';
import { isRunning, processStartOf, type ProcessIdentity } from './process/process-identity.ts';

export interface StackLockRequest {
  readonly folders: StackFolders;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Called once when another one holds it. */
  readonly onWait?: (pid: number) => void;
}

const pollMs = 50;

export async function acquireStackLock(request: StackLockRequest): Promise<AsyncDisposable> {
  const { folders, clock, random, signal, timeoutMs } = request;
  const path = join(folders.root, 'stack.lock');
  const own = `${path}.${Buffer.from(random.bytes(8)).toString('hex')}`;
  const text = JSON.stringify({ pid: process.pid, processStart: (await processStartOf(process.pid)) ?? '' });
  const endMs = clock.monotonicMs() + timeoutMs;
  let said = false;
  // A file linked into place is whole as soon as it is there; one that is created and then written is not.
  await writeFile(own, text, { mode: 0o600 });
  try {
    while (!(await place(own, path))) {
      const holder = await readHolder(path);
      if (holder === undefined || !(await isRunning(holder))) {
        await takeAway(path, own);
        continue;
      }
      if (!said) {
        said = true;
        request.onWait?.(holder.pid);
      }
      if (clock.monotonicMs() >= endMs) {
        throw new CecochatError(
          'timed.out',
          `process ${holder.pid} is still busy with this stack after ${timeoutMs} ms`,
        );
      }
      await clock.sleep(pollMs, signal);
    }
  } finally {
    await rm(own, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
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
