import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../core/random.ts';
import { systemClock } from '../../core/time/clock.ts';
import { openEmbeddedBackplane } from './embedded-backplane.ts';

const rounds = 6;

/** Runs the writer and kills it after about this many answers; what it had been answered, by partition. */
async function writeAndKill(folder: string, answers: number): Promise<Map<number, number>> {
  const fixture = join(import.meta.dirname, 'killed-writer.fixture.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString();
    if (printed.split('\n').length > answers) child.kill('SIGKILL');
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

test('kill -9 loses no answered append, whenever it comes', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-killed-'));
  const random = seededRandom(4);
  for (let round = 0; round < rounds; round++) {
    const answered = await writeAndKill(folder, 50 + randomInt(random, 2000));
    await using backplane = await openEmbeddedBackplane({ folder, partitionCount: 4, clock: systemClock });
    expect(answered.size).toBe(4);
    for (const [partition, highest] of answered) {
      const records = await backplane.read(partition, 0, { maxRecords: 1e6, maxBytes: 1e9 });
      expect(records.length).toBeGreaterThan(highest);
      for (const [i, { offset, value }] of records.entries()) {
        expect(offset).toBe(i);
        expect(Buffer.from(value).toString().trimEnd()).toBe(`${partition} ${i}`);
      }
    }
  }
  await rm(folder, { recursive: true });
});
