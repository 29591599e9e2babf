import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openJournalFiles } from './journal-files.ts';

interface Place extends AsyncDisposable {
  readonly folder: string;
  /** Appends the texts in a journal of its own, one after the other. */
  append(...texts: string[]): Promise<void>;
  load(): string[];
}

async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-journal-'));
  return {
    folder,
    async append(...texts) {
      await using journal = openJournalFiles(folder);
      for (const text of texts) await journal.append(Buffer.from(text));
    },
    load: () => [...openJournalFiles(folder).load()].map(String),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test('what was appended is found in order, each process having a file of its own', async () => {
  await using place = await makePlace();
  expect(place.load()).toEqual([]);
  await place.append('one', 'two', 'three');
  await place.append('four');
  await place.append();
  expect(place.load()).toEqual(['one', 'two', 'three', 'four']);
  expect(await readdir(place.folder)).toEqual(['journal-1', 'journal-2']);
});

test('files are taken away whole, up to where the journal was rolled', async () => {
  await using place = await makePlace();
  await place.append('old');
  {
    await using journal = openJournalFiles(place.folder);
    await journal.append(Buffer.from('older than the roll'));
    const upTo = journal.roll();
    await journal.append(Buffer.from('kept'));
    await journal.remove(upTo);
    await journal.remove(upTo);
    await journal.append(Buffer.from('too'));
  }
  expect(place.load()).toEqual(['kept', 'too']);
});

test('more than nine files are read in the order of their numbers', async () => {
  await using place = await makePlace();
  const texts = Array.from({ length: 12 }, (_, i) => `text ${i}`);
  for (const text of texts) await place.append(text);
  expect(place.load()).toEqual(texts);
});

test('wherever a file is cut off, the records before the cut are there and the journal goes on', async () => {
  await using place = await makePlace();
  await place.append('first', 'second', 'third');
  const file = join(place.folder, 'journal-1');
  const { length } = await readFile(file);
  const endBytes = 20;
  const counts = new Set<number>();
  for (let size = length - endBytes - 1; size >= 0; size--) {
    await truncate(file, size);
    const found = place.load();
    expect(['first', 'second', 'third'].slice(0, found.length)).toEqual(found);
    counts.add(found.length);
  }
  expect([...counts]).toEqual([2, 1, 0]);
  await place.append('next');
  expect(place.load()).toEqual(['next']);
});

test('a byte that changed in a record of a file that was ended in order is damage, also in the last one, with the file and the place', async () => {
  await using place = await makePlace();
  await place.append('first', 'second', 'third');
  const file = join(place.folder, 'journal-1');
  const whole = await readFile(file);
  const second = whole.indexOf('second') - 20;
  const third = whole.indexOf('third') - 20;
  for (let at = second; at < third + 25; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(() => place.load(), `byte ${at}`).toThrowError(
      expect.objectContaining({
        code: 'data.damaged',
        message: `${file} is damaged at byte ${at < third ? second : third}`,
      }),
    );
    expect(await readFile(file)).toEqual(bytes);
  }
});

test('a head of zeros, as a power cut leaves it, is a file without records', async () => {
  await using place = await makePlace();
  await writeFile(join(place.folder, 'journal-1'), Buffer.alloc(16));
  await place.append('first');
  expect(place.load()).toEqual(['first']);
});

test('a journal that cannot be read is damage with the reason', async () => {
  await using place = await makePlace();
  await mkdir(join(place.folder, 'journal-1'));
  const reason = expect.stringContaining('EISDIR');
  expect(() => place.load()).toThrowError(
    expect.objectContaining({ code: 'data.damaged', cause: expect.objectContaining({ message: reason }) }),
  );
});

test('a file of something else is damage', async () => {
  await using place = await makePlace();
  await writeFile(join(place.folder, 'journal-1'), 'this is a letter to my mother');
  expect(() => place.load()).toThrowError(expect.objectContaining({ code: 'data.damaged' }));
});

test('a record that looks like a journal is one record', async () => {
  await using place = await makePlace();
  await place.append('first');
  const inside = await readFile(join(place.folder, 'journal-1'));
  await using journal = openJournalFiles(place.folder);
  await journal.append(inside);
  expect(place.load()).toEqual(['first', String(inside)]);
});

test('a disk that takes no more refuses the append and says why; what is appended next takes its place', async () => {
  await using place = await makePlace();
  const script = 'ulimit -f 100 && exec "$0" --import tsx "$1" "$2"';
  const fixture = join(import.meta.dirname, 'full-journal.fixture.ts');
  const { stdout } = await promisify(execFile)('bash', ['-c', script, process.execPath, fixture, place.folder]);
  const tooLarge = expect.stringContaining('EFBIG: file too large');
  expect(JSON.parse(stdout)).toEqual({ appended: 5, refusals: [tooLarge, tooLarge] });
  const found = place.load();
  expect(found.map((text) => text.length)).toEqual([20_000, 20_000, 20_000, 20_000, 20_000, 5]);
  expect(found.at(-1)).toBe('small');
});

test('a folder that takes no file is left as it was, however often an append is tried', async () => {
  await using place = await makePlace();
  await using journal = openJournalFiles(place.folder);
  await rm(place.folder, { recursive: true });
  for (let round = 0; round < 3; round++)
    await expect(journal.append(Buffer.from('a'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(journal.count).toBe(0);
  await mkdir(place.folder);
  await journal.append(Buffer.from('a'));
  expect(place.load()).toEqual(['a']);
});
