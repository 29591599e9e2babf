/**
 * One `up` or `down` of a stack at a time: a second one waits for the first. A lock whose process is gone
 * is taken over.
 */
import { join } from 'node:path';
import { CecochatError } from '../../services/core/errors.ts';
import { isErrno } from '../../services/core/errno.ts';
import { makeFolder } from '../../services/core/make-folder.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import type { StackFolders } from './folders.ts';
import { tryLock, type LockAttempt } from './process-lock.ts';

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
  const endMs = clock.monotonicMs() + timeoutMs;
  let said = false;
  for (;;) {
    const attempt = await tryInFolder(folders, random);
    if (attempt === undefined) continue;
    if (attempt.held) return attempt.lock;
    const { pid } = attempt.holder;
    if (!said) {
      said = true;
      request.onWait?.(pid);
    }
    if (clock.monotonicMs() >= endMs) {
      throw new CecochatError('timed.out', `process ${pid} is still busy with this stack after ${timeoutMs} ms`);
    }
    await clock.sleep(pollMs, signal);
  }
}

/** undefined: whoever had the lock took the folder away meanwhile. */
async function tryInFolder({ root }: StackFolders, random: Random): Promise<LockAttempt | undefined> {
  makeFolder(root);
  try {
    return await tryLock(join(root, 'stack.lock'), random);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
