/**
 * Where a client keeps its cursor between runs. Saved only after everything before it was taken.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { CecochatError } from '../../services/core/errors.ts';

export interface CursorStore {
  load(): Promise<Buffer | undefined>;
  save(cursor: Buffer): Promise<void>;
}

export function createMemoryCursorStore(start?: Buffer): CursorStore {
  let cursor = start;
  return {
    load: () => Promise.resolve(cursor),
    save(next) {
      cursor = next;
      return Promise.resolve();
    },
  };
}

/** One line of base64; the folder must exist. Written beside, flushed and renamed over, so that a crash leaves the old or the new one. */
export function createFileCursorStore(path: string): CursorStore {
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw new CecochatError('cursor.invalid', `the cursor file ${path} cannot be read`, { cause: error });
      }
      if (!/^[A-Za-z0-9+/]+={0,2}\n?$/.test(text)) {
        throw new CecochatError('cursor.invalid', `the cursor file ${path} holds no cursor`, {
          hint: `remove ${path} to start from the beginning`,
        });
      }
      return Buffer.from(text, 'base64');
    },
    async save(cursor) {
      const beside = `${path}.new`;
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(`${cursor.toString('base64')}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
    },
  };
}
