import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../core/time/clock.ts';
import type { EmbeddedEngineOptions } from './engine-options.ts';
import { openEngines } from './engines.ts';
import { allEngines } from './server.ts';
import type { Log } from './log.ts';

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

async function makeOptions(): Promise<Parameters<typeof openEngines>[0] & EmbeddedEngineOptions & AsyncDisposable> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'cecochat-engines-'));
  return {
    backend: 'embedded',
    dataFolder,
    partitionCount: 360,
    clock: systemClock,
    log: silent,
    clientId: 'test',
    needs: allEngines,
    [Symbol.asyncDispose]: () => rm(dataFolder, { recursive: true }),
  };
}

test('opens all four engines, keeps their data, and frees the folder when disposed', async () => {
  await using options = await makeOptions();
  {
    await using engines = await openEngines(options);
    await engines.backplane.append(359, [Buffer.from('x')]);
    await engines.userDb.add({ name: 'bob', passwordHash: 'h', createdAtMs: 1 });
    await engines.configDb.nextTerm(7);
  }
  await using engines = await openEngines(options);
  expect(await engines.backplane.bounds(359)).toEqual({ start: 0, end: 1 });
  expect(await engines.userDb.byName('bob')).toBeDefined();
  expect(await engines.configDb.nextTerm(0)).toBe(9);
  expect(await engines.historyDb.watermark(0)).toBeUndefined();
});

test('when one engine cannot be opened, none stays open', async () => {
  await using options = await makeOptions();
  await (await openEngines(options))[Symbol.asyncDispose]();
  const marker = join(options.dataFolder, 'users', 'store', 'format.json');
  await writeFile(marker, 'broken');
  await expect(openEngines(options)).rejects.toMatchObject({ code: 'data.damaged' });
  await writeFile(marker, '{"kind":"users","version":1,"fixed":{}}');
  await using engines = await openEngines(options);
  expect(engines).toBeDefined();
});

test('a second opening is refused while the first one lasts', async () => {
  await using options = await makeOptions();
  await using _engines = await openEngines(options);
  await expect(openEngines(options)).rejects.toMatchObject({ code: 'data.locked' });
});
