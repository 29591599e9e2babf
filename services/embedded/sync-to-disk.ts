/** Puts on disk what a file or folder holds: a file that is made, renamed or removed is so once its folder is synchronised. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
