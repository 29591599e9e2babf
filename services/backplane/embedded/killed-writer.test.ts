import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../core/random.ts';
import { systemClock } from '../../core/time/clock.ts';
import type { Backplane } from '../backplane.ts';
import { openEmbeddedBackplane } from './embedded-backplane.ts';

interface Load {
  readonly partitionCount: number;
  readonly valueBytes: number;
}

/** Runs the writer and kills it after about this many answers; what it had been answered, by partition. */
async function writeAndKill(folder: string, load: Load, answers: number): Promise<Map<number, number>> {
  const fixture = join(import.meta.dirname, 'killed-writer.fixture.ts');
  const args = ['--import', 'tsx', fixture, folder, String(load.partitionCount), String(load.valueBytes)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  let lines = 0;
  child.stdout.on('data', (data: Buffer) => {
    const text = data.toString();
    printed += text;
    lines += text.split('\n').length - 1;
    if (lines >= answers) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
  expect(signal).toBe('SIGKILL');
  const highest = new Map<number, number>();
  for (const line of printed.split('\n').slice(0, -1)) {
    const [partition = -1, number = -1] = line.split(' ').map(Number);
    highest.set(partition, Math.max(number, highest.get(partition) ?? -1));
  }
  return highest;
}

/** The whole partition; fails on a gap, a double, a wrong place or a damaged value. */
async function readWhole(backplane: Backplane, partition: number): Promise<number> {
  const { end } = await backplane.bounds(partition);
  let next = 0;
  while (next < end) {
    for (const { offset, value } of await backplane.read(partition, next, { maxRecords: 1000, maxBytes: 1e9 })) {
      expect(offset).toBe(next);
      expect(Buffer.from(value).toString().trimEnd()).toBe(`${partition} ${next}`);
      next += 1;
    }
  }
  return end;
}

async function checkKills(load: Load, kill: { rounds: number; least: number; spread: number }): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-killed-'));
  const { partitionCount } = load;
  const random = seededRandom(4);
  let records = 0;
  for (let round = 0; round < kill.rounds; round++) {
    const answered = await writeAndKill(folder, load, kill.least + randomInt(random, kill.spread));
    await using backplane = await openEmbeddedBackplane({ folder, partitionCount, clock: systemClock });
    expect(answered.size).toBe(partitionCount);
    records = 0;
    for (const [partition, highest] of answered) {
      const end = await readWhole(backplane, partition);
      expect(end, `round ${round}, partition ${partition}`).toBeGreaterThan(highest);
      records += end;
    }
  }
  await rm(folder, { recursive: true });
  return records;
}

test('kill -9 loses no answered append, whenever it comes', { timeout: 60_000 }, async () => {
  const records = await checkKills({ partitionCount: 4, valueBytes: 300 }, { rounds: 6, least: 50, spread: 2000 });
  expect(records).toBeGreaterThan(6 * 50);
});

// 4 MiB start a move, and 24 partitions of it take many commits: at this rate one is nearly always under way.
test('kill -9 in the middle of a move of the journal loses nothing', { timeout: 120_000 }, async () => {
  const records = await checkKills({ partitionCount: 24, valueBytes: 3000 }, { rounds: 8, least: 1500, spread: 2000 });
  expect(records * 3000).toBeGreaterThan(8 * 4 * 2 ** 20);
});
