/**
 * The benchmarks run, lose nothing, and are not slower than half of what two busy cores manage. The figures
 * of the README come from longer runs on a quiet machine.
 */
import { expect, test } from 'vitest';
import type { Json } from './envelope.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

async function bench(sandbox: Sandbox, args: readonly string[]): Promise<Json> {
  const { data, errorMessage, exitCode } = await sandbox.json(['bench', ...args, '--throw-away'], {
    timeoutMs: 100_000,
  });
  if (exitCode !== 0) throw new Error(`bench ${args.join(' ')}: ${errorMessage}`);
  expect([data.at('faults').value, data.at('misplaced').value]).toEqual([[], 0]);
  return data;
}

test('bench messages, as fast as answers come: thousands a second, a good part of the bare stream', async () => {
  await using sandbox = await openSandbox();
  const data = await bench(sandbox, ['messages', '--duration', '4s', '--warm-up', '3s']);
  expect(data.at('messagesPerSecond').number()).toBeGreaterThan(2_500);
  expect(data.at('ratioToFloor').number()).toBeGreaterThan(0.25);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('bench messages at 1 000 a second: every message counts from when it was due', async () => {
  await using sandbox = await openSandbox();
  const data = await bench(sandbox, [
    'messages',
    '--rate',
    '1000',
    '--duration',
    '4s',
    '--warm-up',
    '3s',
    '--no-floor',
  ]);
  expect(data.at('messagesPerSecond').number()).toBeGreaterThan(950);
  expect(data.at('delivered', 'p50').number()).toBeLessThan(50);
});

test('bench connections: all open, all messages delivered', async () => {
  await using sandbox = await openSandbox();
  const data = await bench(sandbox, ['connections', '--connections', '1000', '--messages', '5']);
  expect(data.at('connections').number()).toBe(1_000);
  expect(data.at('delivered').number()).toBe(data.at('expected').number());
  expect(await sandbox.leftovers()).toEqual([]);
});
