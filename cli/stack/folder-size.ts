/**
 * How much a folder takes on the disk: blocks, not lengths, since databases keep sparse files.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../services/core/errno.ts';

/** undefined when there is no such folder. */
export async function folderBytes(folder: string): Promise<number | undefined> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory()
        ? ((await folderBytes(path)) ?? 0)
        : lstat(path).then(
            (found) => found.blocks * 512,
            () => 0,
          );
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
