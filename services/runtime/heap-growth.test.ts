import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { growthPercent } from './heap-growth.ts';

const mebibyte = 1024 * 1024;
/** As V8 grows the heap of a process that was idle for a while. */
const slowGrowth = '--heap-growing-percent=30';

test('a heap may grow by 64 MiB, and one that has as much in use by what V8 thinks best', () => {
  const limit = 4096 * mebibyte;
  expect(growthPercent(4 * mebibyte, limit)).toBe(400);
  expect(growthPercent(32 * mebibyte, limit)).toBe(200);
  expect(growthPercent(50 * mebibyte, limit)).toBe(128);
  expect(growthPercent(64 * mebibyte, limit)).toBe(0);
  expect(growthPercent(1024 * mebibyte, limit)).toBe(0);
});

test('where memory is scarce, a heap may grow by an eighth of it', () => {
  expect(growthPercent(12 * mebibyte, 128 * mebibyte)).toBe(133);
  expect(growthPercent(16 * mebibyte, 128 * mebibyte)).toBe(0);
});

async function collectionsOf(...args: string[]): Promise<number> {
  const fixture = join(import.meta.dirname, 'churn.fixture.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [slowGrowth, '--import', 'tsx', fixture, ...args]);
  return Number(stdout);
}

test('a heap that grew slowly is collected less than half as often', { timeout: 60_000 }, async () => {
  const without = await collectionsOf();
  const gathered = await collectionsOf('gather');
  expect(gathered).toBeGreaterThan(0);
  expect(gathered * 2).toBeLessThan(without);
});
