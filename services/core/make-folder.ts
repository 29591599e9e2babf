/**
 * Makes a folder with all that is missing above it. Not `mkdir` with `recursive`: where the system says of a
 * folder that is there that it is not (below /proc), Node 20's never returns.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Only its owner may look into what is made. Throws what the system answers: EACCES, ENOENT, ENOTDIR, EROFS … */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
