import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../services/core/time/clock.ts';
import { openWorkbench } from '../e2e/run-command.ts';
import { openLogFile } from './log-file.ts';
import { openLog } from './log-reader.ts';

const all = (): boolean => true;

async function read(folder: string, tail: number): Promise<string[]> {
  const signal = new AbortController().signal;
  return [...(await openLog({ folder, tail, accept: all, clock: systemClock, signal })).history];
}

describe('the log of a stack', () => {
  test('gives its last lines, also across files', async () => {
    await using bench = await openWorkbench();
    const options = { folder: bench.home, maxBytes: 40, keep: 3 };
    for (let index = 0; index < 10; index += 1) {
      await using file = openLogFile(options);
      file.write(`line ${index} ab\n`);
    }
    expect(await read(bench.home, 2)).toEqual(['line 8 ab', 'line 9 ab']);
    expect(await read(bench.home, 7)).toEqual([3, 4, 5, 6, 7, 8, 9].map((index) => `line ${index} ab`));
    expect(await read(bench.home, 0)).toEqual([]);
  });

  test('keeps no more files than it should', async () => {
    await using bench = await openWorkbench();
    for (let index = 0; index < 20; index += 1) {
      await using file = openLogFile({ folder: bench.home, maxBytes: 10, keep: 2 });
      file.write(`line ${index}\n`);
    }
    expect((await readdir(bench.home)).toSorted()).toEqual(['stack.log', 'stack.log.1', 'stack.log.2']);
    expect(await read(bench.home, 100)).toEqual(['line 17', 'line 18', 'line 19']);
  });

  test('is followed across rotation without losing, doubling or tearing a line', async () => {
    await using bench = await openWorkbench();
    await using file = openLogFile({ folder: bench.home, maxBytes: 500, keep: 3 });
    file.write('before ü\n');
    await file[Symbol.asyncDispose]();
    const stop = new AbortController();
    const lines: string[] = [];
    const take = (line: string): void => {
      lines.push(line);
      const next = lines.length;
      if (next <= 100) {
        file.write(`line ${next} ünïcödé\n`);
      } else {
        stop.abort();
      }
    };
    const query = { folder: bench.home, tail: 1, accept: all, clock: systemClock, signal: stop.signal };
    const { history, added } = await openLog(query);
    history.forEach(take);
    for await (const line of added()) take(line);
    expect(lines).toEqual(['before ü', ...Array.from({ length: 100 }, (_, index) => `line ${index + 1} ünïcödé`)]);
  });
});
