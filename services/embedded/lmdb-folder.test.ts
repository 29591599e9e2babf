import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CecochatError } from '../core/errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { openLmdbFolder, type LmdbFolder } from './lmdb-folder.ts';

interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly data: string;
  readonly format: string;
  open(): Promise<LmdbFolder>;
}

async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-folder-'));
  return {
    folder,
    data: join(folder, 'store', 'data.mdb'),
    format: join(folder, 'store', 'format.json'),
    open: () => openLmdbFolder({ folder, kind: 'test', fixed: { size: 3 } }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** A folder with some hundred pages of data, closed. */
async function makeFull(): Promise<Place> {
  const place = await makePlace();
  await using folder = await place.open();
  const table = folder.table('t');
  await using group = createGroupCommit({ commit: (write) => table.batch(write) });
  for (let round = 0; round < 3; round++) {
    await group.commit(() => {
      for (let i = 0; i < 500; i++)
        void table.put(Buffer.from(`k${i}`), Buffer.alloc(i % 50 === 0 ? 20_000 : 300, round));
    });
  }
  return place;
}

async function bytesOf(folder: string): Promise<Map<string, string>> {
  const bytes = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true })) {
    const path = join(folder, entry);
    if ((await stat(path)).isFile()) bytes.set(entry, (await readFile(path)).toString('base64'));
  }
  return bytes;
}

/** How opening was refused, and what of the folder is not as it was before. */
async function refusal(place: Place): Promise<{ code: string; message: string; hint: string; changed: string[] }> {
  const before = await bytesOf(place.folder);
  const error = await place.open().then(
    async (folder) => {
      await folder[Symbol.asyncDispose]();
      return new Error('it was opened');
    },
    (reason: unknown) => reason,
  );
  const after = await bytesOf(place.folder);
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((name) => before.get(name) !== after.get(name));
  if (!(error instanceof CecochatError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint ?? '', changed };
}

function refused(code: string, message: string | RegExp): object {
  const matching: unknown = expect.stringMatching(message);
  return { code, message: matching, hint: expect.stringMatching(/./), changed: [] };
}

test('what was committed is there when it is opened again', async () => {
  await using place = await makeFull();
  await using folder = await place.open();
  expect(folder.table('t').get(Buffer.from('k499'))).toEqual(Buffer.alloc(300, 2));
});

test('a folder in use is refused, naming the process, until it is closed', async () => {
  await using place = await makePlace();
  const first = await place.open();
  expect(await refusal(place)).toMatchObject(refused('data.locked', String(process.pid)));
  await first[Symbol.asyncDispose]();
  await using again = await place.open();
  expect(again).toBeDefined();
});

test('a folder that the system refuses is told with the reason and what to do', async () => {
  await using place = await makePlace();
  await (await place.open())[Symbol.asyncDispose]();
  const folder = join(place.folder, 'store', 'format.json', 'below');
  await expect(openLmdbFolder({ folder, kind: 'test' })).rejects.toMatchObject({
    code: 'settings.invalid',
    message: expect.stringMatching(/^the data folder .*below cannot be used: ENOTDIR/),
    hint: 'choose another data folder, or give this user the right to write to it',
  });
});

test('a folder that another process holds is refused; once that one is killed, it opens', async () => {
  await using place = await makePlace();
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'hold-folder.fixture.ts'), place.folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(await refusal(place)).toMatchObject(refused('data.locked', String(child.pid)));
  child.kill('SIGKILL');
  await ended;
  await using folder = await place.open();
  expect(folder).toBeDefined();
});

test('the lock of a process whose pid now belongs to another does not count', async () => {
  await using place = await makePlace();
  await (await place.open())[Symbol.asyncDispose]();
  const stale = { pid: process.pid, identity: 'another boot/1', token: 'gone' };
  await writeFile(join(place.folder, 'lock'), JSON.stringify(stale));
  await using folder = await place.open();
  await expect(place.open()).rejects.toMatchObject({ code: 'data.locked' });
  expect(folder).toBeDefined();
});

test('of many that take over a stale lock at the same time, one gets the folder', async () => {
  await using place = await makePlace();
  await (await place.open())[Symbol.asyncDispose]();
  await writeFile(join(place.folder, 'lock'), '{"pid":1');
  const outcomes = await Promise.allSettled([place.open(), place.open(), place.open()]);
  const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  expect(opened).toHaveLength(1);
  for (const outcome of opened) await outcome.value[Symbol.asyncDispose]();
});

test('data of a newer version is refused, naming both versions', async () => {
  await using place = await makeFull();
  await writeFile(place.format, '{"kind":"test","version":2,"fixed":{"size":3},"more":true}');
  expect(await refusal(place)).toMatchObject(refused('data.newer', /version 2.*knows 1/));
});

test('data of another kind or with other fixed facts is refused', async () => {
  await using place = await makeFull();
  const otherKind = openLmdbFolder({ folder: place.folder, kind: 'other' });
  await expect(otherKind).rejects.toMatchObject({ code: 'data.damaged', message: expect.stringContaining('"test"') });
  const otherSize = openLmdbFolder({ folder: place.folder, kind: 'test', fixed: { size: 4 } });
  await expect(otherSize).rejects.toMatchObject({
    code: 'data.damaged',
    message: expect.stringMatching(/size 3, not 4/),
  });
});

for (const [what, text] of Object.entries({ nothing: '', 'half of it': '{"kind":"te', 'another thing': '[1]' })) {
  test(`a marker that holds ${what} is damage`, async () => {
    await using place = await makeFull();
    await writeFile(place.format, text);
    expect(await refusal(place)).toMatchObject(refused('data.damaged', place.format));
  });
}

test('a missing marker or data file is damage', async () => {
  await using place = await makeFull();
  await copyFile(place.data, `${place.data}.away`);
  await rm(place.data);
  expect(await refusal(place)).toMatchObject(refused('data.damaged', place.data));
  await rm(place.format);
  expect(await refusal(place)).toMatchObject(refused('data.damaged', place.format));
});

for (const share of [0, 0.0001, 0.01, 0.2, 0.5, 0.9]) {
  test(`a data file cut to ${share} of its size is damage`, async () => {
    await using place = await makeFull();
    const { size } = await stat(place.data);
    await truncate(place.data, Math.floor(size * share));
    expect(await refusal(place)).toMatchObject(refused('data.damaged', place.data));
  });
}

for (const [what, at] of Object.entries({ first: 0, second: 4096 })) {
  test(`garbage in the ${what} page is damage`, async () => {
    await using place = await makeFull();
    const bytes = await readFile(place.data);
    bytes.fill(0xa5, at, at + 512);
    await writeFile(place.data, bytes);
    expect(await refusal(place)).toMatchObject(refused('data.damaged', place.data));
  });
}

test('pages of zeros or of another file are damage', async () => {
  await using place = await makeFull();
  const bytes = await readFile(place.data);
  await writeFile(place.data, Buffer.from(bytes).fill(0, 2 * 4096));
  expect(await refusal(place)).toMatchObject(refused('data.damaged', place.data));
  await writeFile(place.data, Buffer.alloc(bytes.length, 'not a database '));
  expect(await refusal(place)).toMatchObject(refused('data.damaged', place.data));
});

test('a creation that was interrupted is begun anew', async () => {
  await using place = await makePlace();
  const rest = join(place.folder, 'store-new');
  await (await openLmdbFolder({ folder: rest, kind: 'test' }))[Symbol.asyncDispose]();
  await using folder = await place.open();
  expect(folder).toBeDefined();
  expect((await readdir(place.folder)).sort()).toEqual(['lock', 'store']);
});
