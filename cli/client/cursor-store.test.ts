import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFileCursorStore } from './cursor-store.ts';

async function openFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'cecochat-cursor-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('a file store gives back what was saved, and leaves nothing beside', async () => {
  await using folder = await openFolder();
  const path = join(folder.path, 'alice.cursor');
  const store = createFileCursorStore(path);
  expect(await store.load()).toBeUndefined();
  for (const byte of [1, 2, 255]) await store.save(Buffer.alloc(23, byte));
  expect(await createFileCursorStore(path).load()).toEqual(Buffer.alloc(23, 255));
  expect(await readdir(folder.path)).toEqual(['alice.cursor']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a missing folder is not made', async () => {
  await using folder = await openFolder();
  await expect(createFileCursorStore(join(folder.path, 'deep', 'x')).save(Buffer.alloc(23))).rejects.toThrow('ENOENT');
  expect(await readdir(folder.path)).toEqual([]);
});

test('a file that holds no cursor is named', async () => {
  await using folder = await openFolder();
  const path = join(folder.path, 'x');
  await writeFile(path, 'not a cursor!');
  await expect(createFileCursorStore(path).load()).rejects.toMatchObject({ code: 'cursor.invalid' });
});
