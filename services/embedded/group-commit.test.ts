import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createGroupCommit } from './group-commit.ts';
import { openLmdbFolder, type BinaryTable } from './lmdb-folder.ts';

interface Place extends AsyncDisposable {
  readonly table: BinaryTable;
}

async function openPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'cecochat-commit-'));
  const folder = await openLmdbFolder({ folder: path, kind: 'test' });
  return {
    table: folder.table('t'),
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await rm(path, { recursive: true });
    },
  };
}

const key = (text: string): Buffer => Buffer.from(text);

test('what waits while a commit is in flight shares the next one', async () => {
  await using place = await openPlace();
  let commits = 0;
  await using group = createGroupCommit({ commit: (write) => place.table.batch(write), begin: () => (commits += 1) });
  const first = group.commit(() => void place.table.put(key('a'), key('1')));
  await Promise.resolve();
  await Promise.resolve();
  const rest = Array.from({ length: 100 }, (_, i) => group.commit(() => void place.table.put(key(`b${i}`), key('1'))));
  await Promise.all([first, ...rest]);
  expect(commits).toBe(2);
  expect(place.table.getCount()).toBe(101);
});

test('a work hears that it is committed before the next commit is built, and readers see it then', async () => {
  await using place = await openPlace();
  const events: string[] = [];
  await using group = createGroupCommit({
    commit: (write) => place.table.batch(write),
    begin: () => events.push('begin'),
  });
  await new Promise<void>((resolve) => {
    group.enqueue({
      write: () => void place.table.put(key('a'), key('1')),
      committed: () => {
        events.push(`committed ${String(place.table.get(key('a')))}`);
        group.enqueue({ write: () => events.push('write'), committed: resolve, failed: () => resolve() });
      },
      failed: () => resolve(),
    });
  });
  expect(events).toEqual(['begin', 'committed 1', 'begin', 'write']);
});

test('a work that throws fails alone', async () => {
  await using place = await openPlace();
  await using group = createGroupCommit({ commit: (write) => place.table.batch(write) });
  const outcomes = await Promise.allSettled([
    group.commit(() => void place.table.put(key('a'), key('1'))),
    group.commit(() => {
      throw new Error('no');
    }),
    group.commit(() => 7),
  ]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(place.table.get(key('a'))).toEqual(key('1'));
});

test('closing finishes what was asked for and refuses what comes later', async () => {
  await using place = await openPlace();
  const group = createGroupCommit({ commit: (write) => place.table.batch(write) });
  const asked = group.commit(() => 'done');
  await group[Symbol.asyncDispose]();
  expect(await asked).toBe('done');
  await expect(group.commit(() => 1)).rejects.toMatchObject({ code: 'engine.unavailable' });
});

test('a disk that takes no more fails the commit with a listed code, and loses nothing of before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-full-'));
  const script = 'ulimit -f 1000 && exec "$0" --import tsx "$1" "$2"';
  const fixture = join(import.meta.dirname, 'full-disk.fixture.ts');
  const { stdout } = await promisify(execFile)('bash', ['-c', script, process.execPath, fixture, folder]);
  const result: unknown = JSON.parse(stdout);
  expect(result).toMatchObject({ code: 'engine.unavailable', failures: 1, committed: expect.any(Number) });
  expect(result).toHaveProperty('kept', (result as { committed: number }).committed);
  await rm(folder, { recursive: true });
});
