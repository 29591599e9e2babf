/**
 * What a take-over reads must not grow with the length of the log, nor with what the last ten minutes hold: the real
 * owner writes logs of different lengths, and the records that its successor reads are counted.
 */
import { expect, test } from 'vitest';
import type { LogView } from '../core/log/find-start.ts';
import type { LogRecord } from '../core/log/record.ts';
import { findTakeOverStart } from '../core/log/take-over.ts';
import { handDrivenOwner } from './simulation/hand-driven-owner.ts';

const sendsPerSecond = 20;

/** The log of an owner that took this many sends, 20 a second, and what was accepted. */
function logOf(sends: number): { log: readonly LogRecord[]; keys: ReadonlySet<string>; nowMs: number } {
  const it = handDrivenOwner();
  it.own();
  const keys = new Set<string>();
  for (let count = 0; count < sends; count += 1) {
    const key = it.newKey();
    keys.add(key);
    it.send({ key });
    it.land();
    it.pass(1000 / sendsPerSecond);
    it.land();
  }
  return { log: it.log, keys, nowMs: it.nowMs() };
}

/** How many records a take-over reads, with those that it folds afterwards, and which keys it then knows. */
async function takeOver(log: readonly LogRecord[], nowMs: number) {
  let read = 0;
  const view: LogView = {
    bounds: () => Promise.resolve({ start: 0, end: log.length }),
    read(from, below) {
      const entries = log
        .slice(from, Math.min(below, from + 4096))
        .map((record, at) => ({ offset: from + at, record }));
      read += entries.length;
      return Promise.resolve(entries);
    },
  };
  const { keys, entries = [], keysSinceMs } = await findTakeOverStart(view, nowMs);
  const folded = entries.flatMap(({ record }) => (record.kind === 'sent' ? [record.key] : []));
  return { read, keysSinceMs, keys: new Set<string>([...keys.map(({ key }) => key), ...folded]) };
}

test('a take-over reads as much of a long log as of a short one, and knows the keys of ten minutes', async () => {
  const short = logOf(1_500);
  const long = logOf(16_000);
  const afterShort = await takeOver(short.log, short.nowMs);
  const afterLong = await takeOver(long.log, long.nowMs);
  expect(long.log.length / short.log.length).toBeGreaterThan(10);
  expect(afterLong.read / afterShort.read).toBeLessThan(2);
  expect(afterShort.keys).toEqual(short.keys);
  const recent = [...long.keys].slice(-600 * sendsPerSecond);
  expect(recent.filter((key) => !afterLong.keys.has(key))).toEqual([]);
  expect(afterLong.keysSinceMs).toBeLessThanOrEqual(long.nowMs - 600_000);
});
