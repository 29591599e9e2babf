/**
 * A stack whose folder was deleted cannot be found by any command any more: its process ends by itself.
 */
import { stat } from 'node:fs/promises';
import type { Clock } from '../../../services/core/time/clock.ts';
import { isErrno } from '../../../services/core/errno.ts';
import type { StackFolders } from '../folders.ts';

const pollMs = 2000;

/** Resolves when the folder has been gone for two looks in a row, or when the signal aborts. */
export async function untilForgotten(folders: StackFolders, clock: Clock, signal: AbortSignal): Promise<void> {
  let misses = 0;
  while (misses < 2 && !signal.aborted) {
    await clock.sleep(pollMs, signal).catch(() => undefined);
    misses = (await isGone(folders.root)) ? misses + 1 : 0;
  }
}

async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return isErrno(error, 'ENOENT');
  }
}
