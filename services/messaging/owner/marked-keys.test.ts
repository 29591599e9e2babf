import { describe, expect, it } from 'vitest';
import { emptyState } from '../../core/log/fold.ts';
import type { Mark, MarkedKeys } from '../../core/log/record.ts';
import { startOfLog } from '../../core/log/take-over.ts';
import { nowMs, sentAt } from '../../core/log/written-log.fixture.ts';
import { createMarkedKeys, type MarkSizes } from './marked-keys.ts';

const sizes: MarkSizes = { mergedKeys: 3, mostKeys: 5, records: 100 };
const minuteMs = 60_000;

function writer(keysSinceMs = Number.NEGATIVE_INFINITY) {
  const keys = createMarkedKeys({ ...startOfLog, end: 0, keysSinceMs }, sizes);
  const made = (asOf: number, carried: MarkedKeys | undefined): Mark => ({
    kind: 'mark',
    own: { term: 1, server: 's1', sequence: 1 },
    asOf,
    state: emptyState,
    keys: carried,
  });
  return {
    ...keys,
    /** Sends at these offsets, made a minute apart up to now. */
    sends: (...offsets: number[]) =>
      offsets.forEach((offset, index) => {
        const { key, senderId, messageId } = sentAt(nowMs - (offsets.length - 1 - index) * minuteMs);
        keys.add({ key, senderId, messageId, offset });
      }),
    /** Writes a Mark as of `asOf` and reads it back at `offset`. */
    mark(asOf: number, offset: number, atMs = nowMs): MarkedKeys | undefined {
      const carried = keys.upTo(asOf, atMs);
      keys.marked(offset, made(asOf, carried));
      return carried;
    },
  };
}

const offsetsOf = (keys: MarkedKeys | undefined): number[] | undefined => keys?.accepted.map(({ offset }) => offset);

describe('the keys in Marks', () => {
  it('are all keys while they are few', () => {
    const keys = writer();
    keys.sends(1, 2);
    expect(keys.mark(10, 12)).toMatchObject({ from: 0, beforeMs: 0, earlier: -1 });
    keys.sends(11);
    expect(offsetsOf(keys.mark(20, 22))).toEqual([1, 2, 11]);
  });

  it('are those since the last Mark, and where that one is, when they are many', () => {
    const keys = writer();
    keys.sends(1, 2, 3);
    keys.mark(10, 12);
    keys.sends(11, 15);
    const later = keys.mark(20, 22);
    expect(later).toMatchObject({ from: 10, earlier: 12, beforeMs: nowMs + 1 });
    expect(offsetsOf(later)).toEqual([11, 15]);
  });

  it('are those since the last Mark when its own are too old to be looked up', () => {
    const keys = writer();
    keys.sends(1);
    keys.mark(10, 12);
    keys.sends(15);
    expect(keys.mark(20, 22, nowMs + 11 * minuteMs)).toMatchObject({ from: 10, earlier: 12, beforeMs: nowMs + 1 });
  });

  it('leave what lies at or above where the Mark stands to the next one', () => {
    const keys = writer();
    keys.sends(1, 9);
    expect(offsetsOf(keys.mark(9, 12))).toEqual([1]);
    expect(offsetsOf(keys.mark(20, 22))).toEqual([1, 9]);
  });

  it('are never more than fit: the oldest then count as expired', () => {
    const keys = writer();
    keys.sends(1, 2, 3, 4, 5, 6, 7);
    const carried = keys.mark(10, 12);
    expect(offsetsOf(carried)).toEqual([3, 4, 5, 6, 7]);
    expect(carried).toMatchObject({ from: 3, beforeMs: nowMs - 5 * minuteMs + 1, earlier: -1 });
  });

  it('say since when they are known at all', () => {
    expect(writer(nowMs - 600_000).mark(10, 12)).toMatchObject({ from: 0, beforeMs: nowMs - 600_000 });
  });

  it('are left out of a Mark that stands before the last one', () => {
    const keys = writer();
    keys.mark(10, 12);
    expect(keys.mark(5, 14)).toBeUndefined();
    expect(keys.mark(20, 22)).toMatchObject({ from: 0 });
  });

  it('make a Mark due when the log has grown, the later the more a Mark holds', () => {
    const keys = writer();
    keys.mark(10, 50);
    expect(keys.isDue(52, emptyState)).toBe(false);
    expect(keys.isDue(53, emptyState)).toBe(true);
  });
});
