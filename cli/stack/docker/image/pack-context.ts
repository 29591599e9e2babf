/**
 * The context of a build as the engine takes it: a tar archive, packed while it is sent.
 */
import { asError } from '../../../../services/core/thrown.ts';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { dateAt } from '../../../../services/core/time/date.ts';
import type { ContextFile } from './server-image.ts';

/** Nothing in it tells when or by whom it was packed. The stream fails when a file cannot be read. */
export function packContext(files: readonly ContextFile[]): Readable {
  const archive = pack();
  void addAll(files, archive).catch((error: unknown) => archive.destroy(asError(error)));
  return archive;
}

async function addAll(files: readonly ContextFile[], archive: ReturnType<typeof pack>): Promise<void> {
  for (const { name, source } of files) {
    const content = await readFile(source);
    await new Promise<void>((resolve, reject) => {
      archive.entry({ name, mode: 0o644, mtime: dateAt(0) }, content, (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
  }
  archive.finalize();
}
