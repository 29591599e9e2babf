import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock, type Clock } from '../../core/time/clock.ts';
import { openJournalFiles } from '../../embedded/journal-files.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { Backplane } from '../backplane.ts';
import { describeBackplane, type BackplaneFixture } from '../backplane.contract.ts';
import { recordTail, texts, values } from '../recorded-tail.contract.ts';
import { openEmbeddedBackplane, type EmbeddedBackplane } from './embedded-backplane.ts';

const limits = { maxRecords: 9, maxBytes: 1e6 };
const dayMs = 24 * 60 * 60 * 1000;

interface EmbeddedFixture extends BackplaneFixture {
  readonly backplane: EmbeddedBackplane;
  readonly folder: string;
}

async function openFixture(retentionBytes?: number): Promise<EmbeddedFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-backplane-'));
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const open = (): Promise<EmbeddedBackplane> =>
    openEmbeddedBackplane({ folder, partitionCount: 6, clock, retentionMs: dayMs, retentionBytes });
  const first = await open();
  let backplane = first;
  return {
    backplane: first,
    folder,
    async reopen() {
      await backplane[Symbol.asyncDispose]();
      backplane = await open();
      return backplane;
    },
    async expire() {
      aheadMs += 2 * dayMs;
      await backplane.retain();
    },
    async [Symbol.asyncDispose]() {
      await backplane[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

describeBackplane('embedded backplane', () => openFixture());

test('retention by size leaves about as much as allowed, and always the last batch', async () => {
  await using fixture = await openFixture(10_000);
  const { backplane } = fixture;
  for (let i = 0; i < 100; i++) await backplane.append(1, [Buffer.alloc(1000)]);
  await backplane.append(2, [Buffer.alloc(50_000)]);
  await backplane.retain();
  const { start, end } = await backplane.bounds(1);
  expect(end - start).toBe(9);
  expect(await backplane.bounds(2)).toEqual({ start: 0, end: 1 });
});

test('appends go on while retention takes away thousands of batches', async () => {
  await using fixture = await openFixture(1000);
  const { backplane } = fixture;
  for (let i = 0; i < 300; i++) {
    await Promise.all([0, 1, 2, 3, 4, 5].map((partition) => backplane.append(partition, values(`m${i}`))));
  }
  const retained = backplane.retain();
  await using tail = recordTail(backplane);
  tail.assign(1, 300);
  for (let i = 0; i < 20; i++) await backplane.append(1, values(`n${i}`));
  await retained;
  expect(texts(await tail.until(1, 20))).toEqual(Array.from({ length: 20 }, (_, i) => `n${i}`));
  expect((await backplane.bounds(0)).start).toBeGreaterThan(200);
});

test('offsets have no holes', async () => {
  await using fixture = await openFixture();
  const answers = await Promise.all([1, 2, 3].map(() => fixture.backplane.append(4, values('a', 'b'))));
  expect(answers.map((answer) => answer.baseOffset)).toEqual([0, 2, 4]);
});

test('another partition count than the one the folder was made with is refused, naming both', async () => {
  await using fixture = await openFixture();
  await fixture.backplane[Symbol.asyncDispose]();
  const opening = openEmbeddedBackplane({ folder: fixture.folder, partitionCount: 7, clock: systemClock });
  await expect(opening).rejects.toMatchObject({ code: 'data.damaged', message: expect.stringMatching(/6.*7/) });
  await fixture.reopen();
});

test('a closed backplane refuses appends and says so', async () => {
  await using fixture = await openFixture();
  await fixture.backplane[Symbol.asyncDispose]();
  await expect(fixture.backplane.append(1, values('late'))).rejects.toMatchObject({ code: 'engine.unavailable' });
  await fixture.reopen();
});

test('records are read in order while the journal is moved, and after a restart in the middle', async () => {
  await using fixture = await openFixture();
  let { backplane }: { backplane: Backplane } = fixture;
  const text = (partition: number, number: number): string => `${partition}/${number}/${'x'.repeat(4000)}`;
  const readAll = async (partition: number): Promise<string[]> => {
    const found: string[] = [];
    const { end } = await backplane.bounds(partition);
    while (found.length < end) {
      for (const { offset, value } of await backplane.read(partition, found.length, { maxRecords: 7, maxBytes: 1e6 })) {
        expect(offset).toBe(found.length);
        found.push(Buffer.from(value).toString());
      }
    }
    return found;
  };
  const seen: string[][] = [];
  const expected = new Map([0, 1, 2].map((partition) => [partition, [] as string[]]));
  for (let round = 0; round < 3; round++) {
    const appends: Promise<unknown>[] = [];
    for (let number = 0; number < 600; number++) {
      for (const [partition, all] of expected) {
        all.push(text(partition, all.length));
        appends.push(backplane.append(partition, [Buffer.from(all.at(-1) ?? '')]));
      }
      if (number % 50 === 49) await Promise.all(appends.splice(0));
      if (number % 200 === 199) seen.push(await readAll(1));
    }
    for (const part of seen.splice(0)) expect(part).toEqual(expected.get(1)?.slice(0, part.length));
    for (const [partition, all] of expected) expect(await readAll(partition)).toEqual(all);
    backplane = await fixture.reopen();
    for (const [partition, all] of expected) expect(await readAll(partition)).toEqual(all);
  }
});

test('a move that is asked for beside the automatic one loses nothing', async () => {
  await using fixture = await openFixture();
  const { backplane } = fixture;
  const appends: Promise<unknown>[] = [];
  const passes: Promise<void>[] = [];
  for (let number = 0; number < 4000; number++) {
    appends.push(backplane.append(number % 3, [Buffer.from(`${number}/${'x'.repeat(4000)}`)]));
    if (number % 40 === 39) await Promise.all(appends.splice(0));
    if (number % 100 === 99) passes.push(backplane.retain(), backplane.retain());
  }
  await Promise.all([...appends, ...passes]);
  const reopened = await fixture.reopen();
  for (const partition of [0, 1, 2]) {
    const { start, end } = await reopened.bounds(partition);
    const found: number[] = [];
    for (let next = start; next < end; next = start + found.length) {
      const records = await reopened.read(partition, next, { maxRecords: 500, maxBytes: 1e7 });
      found.push(...records.map(({ value }) => Number.parseInt(Buffer.from(value).toString(), 10)));
    }
    expect(found).toEqual(Array.from({ length: end }, (_, index) => index * 3 + partition));
  }
});

test('data of version 1, with the journal in LMDB, is taken over, and an older version then refuses it', async () => {
  await using fixture = await openFixture();
  const { folder } = fixture;
  await fixture.backplane.append(2, values('a', 'b'));
  await fixture.backplane.append(3, values('c'));
  await fixture.backplane[Symbol.asyncDispose]();
  const store = join(folder, 'store');
  {
    await using lmdb = await openLmdbFolder({ folder, kind: 'backplane', version: 2 });
    const rows = lmdb.table('journal');
    await lmdb.commit(() => {
      for (const [number, record] of [...openJournalFiles(store).load()].entries())
        void rows.put(Buffer.from([number]), record);
    });
  }
  await rm(join(store, 'journal-1'));
  const format = join(store, 'format.json');
  const written = await readFile(format, 'utf8');
  await writeFile(format, written.replace('"version":2', '"version":1'));
  for (let round = 0; round < 2; round++) {
    const backplane = await fixture.reopen();
    expect(texts(await backplane.read(2, 0, limits))).toEqual(['a', 'b']);
    expect(texts(await backplane.read(3, 0, limits))).toEqual(['c']);
    expect(await readFile(format, 'utf8')).toBe(written);
    await backplane[Symbol.asyncDispose]();
  }
  await expect(openLmdbFolder({ folder, kind: 'backplane' })).rejects.toMatchObject({ code: 'data.newer' });
});

test('a journal with a file missing is damage, with the partition and the record that is missing', async () => {
  await using fixture = await openFixture();
  await fixture.backplane.append(1, values('a'));
  await fixture.backplane.retain();
  for (const text of ['b', 'c']) await (await fixture.reopen()).append(1, values(text));
  await (await fixture.reopen())[Symbol.asyncDispose]();
  const store = join(fixture.folder, 'store');
  const [first = ''] = (await readdir(store)).filter((name) => name.startsWith('journal-'));
  const lost = await readFile(join(store, first));
  await rm(join(store, first));
  await expect(fixture.reopen()).rejects.toMatchObject({
    code: 'data.damaged',
    message: expect.stringContaining('partition 1 of the backplane has no record 1'),
  });
  await writeFile(join(store, first), lost);
  const whole = await fixture.reopen();
  expect(texts(await whole.read(1, 0, limits))).toEqual(['a']);
  expect(texts(await whole.read(1, 1, limits))).toEqual(['b', 'c']);
});

test('the journal has few files, however often the backplane is opened', async () => {
  await using fixture = await openFixture();
  const journalFiles = async (): Promise<number> =>
    (await readdir(join(fixture.folder, 'store'))).filter((name) => name.startsWith('journal-')).length;
  let most = 0;
  let { backplane }: { backplane: Backplane } = fixture;
  for (let round = 0; round < 40; round++) {
    await backplane.append(round % 3, values(`m${round}`));
    backplane = await fixture.reopen();
    most = Math.max(most, await journalFiles());
  }
  expect(most).toBeGreaterThan(3);
  expect(most).toBeLessThan(20);
  expect(texts(await backplane.read(0, (await backplane.bounds(0)).end - 1, limits))).toEqual(['m39']);
});
