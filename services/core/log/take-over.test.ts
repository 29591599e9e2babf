import { describe, expect, it } from 'vitest';
import type { LogView } from './find-start.ts';
import { emptyState } from './fold.ts';
import type { AcceptedKey, Mark, MarkedKeys } from './record.ts';
import { findTakeOverStart } from './take-over.ts';
import { logOf, mark, nowMs, sentAt } from './written-log.fixture.ts';

function accepted(offset: number, agoMs: number): AcceptedKey {
  const { key, senderId, messageId } = sentAt(nowMs - agoMs);
  return { key, senderId, messageId, offset };
}

function keys(from: number, given: Partial<MarkedKeys>): MarkedKeys {
  return { from, beforeMs: 0, earlier: -1, accepted: [], ...given };
}

/** Also counts what was read. */
function counting(log: LogView): { log: LogView; count: () => number } {
  let records = 0;
  const read: LogView['read'] = async (from, below) => {
    const entries = await log.read(from, below);
    records += entries.length;
    return entries;
  };
  return { log: { ...log, read }, count: () => records };
}

describe('a take-over starts', () => {
  it('below what the relay has not finished', async () => {
    const log = logOf({ 10: sentAt(nowMs - 900_000), 400: mark(390), 1000: mark(990, 500), 2000: mark(1990, 800) });
    expect(await findTakeOverStart(log, nowMs)).toMatchObject({ from: 390, end: 3000 });
  });

  it('below every key of the last ten minutes, and knows since when it knows keys', async () => {
    const log = logOf({
      50: mark(40, 30),
      100: sentAt(nowMs - 900_000),
      300: mark(290, 200),
      1000: sentAt(nowMs - 599_000),
      2000: mark(1990, 1980),
    });
    const start = await findTakeOverStart(log, nowMs);
    expect(start.from).toBe(290);
    expect(start.entries?.[0]?.offset).toBe(290);
    expect(start.entries?.at(-1)?.offset).toBe(start.end - 1);
    expect(start.entries).toHaveLength(start.end - 290);
    expect(start.keysSinceMs).toBeLessThanOrEqual(nowMs - 600_000);
  });

  it.each([
    ['a little', 2490],
    ['by much, since something was missing for long,', 300],
  ])('with every record from there on, also when its Mark stands %s above that place', async (_what, asOf) => {
    // The last 512 records are looked through first: they hold the Mark, but not the place whose state it says.
    const log = logOf({ 200: sentAt(nowMs - 60_000), 2500: mark(asOf, asOf, keys(0, {})) });
    const start = await findTakeOverStart(log, nowMs);
    expect(start).toMatchObject({ from: asOf, end: 3000 });
    expect(start.entries?.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 3000 - asOf }, (_, index) => asOf + index),
    );
  });

  it('at the first record of a young log, knowing all keys', async () => {
    const start = await findTakeOverStart(logOf({ 5: sentAt(nowMs - 1000), 9: mark(8) }, { end: 10 }), nowMs);
    expect(start).toMatchObject({ from: 0, state: emptyState, end: 10, keysSinceMs: Number.NEGATIVE_INFINITY });
    expect(start.entries?.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('in a cut log at its first Mark, trusting no key that may have been cut away', async () => {
    const log = logOf({ 2100: sentAt(nowMs - 5000), 2300: mark(2200, 2200) }, { start: 2000 });
    const start = await findTakeOverStart(log, nowMs);
    expect(start.from).toBe(2200);
    expect(start.keysSinceMs).toBeGreaterThanOrEqual(nowMs - 5000 + 60_000);
  });

  it('at the last Mark that it can use when that carries keys, however long the log of the last minutes is', async () => {
    const sends = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i * 1000, sentAt(nowMs - 300_000 + i)]));
    const carried = keys(0, { accepted: [accepted(18_000, 60_000)] });
    const of = logOf(
      { ...sends, 19_700: mark(19_690, 19_600, carried), 19_900: mark(19_890, 19_700) },
      { end: 20_000 },
    );
    const { log, count } = counting(of);
    const start = await findTakeOverStart(log, nowMs);
    expect(start).toMatchObject({ from: 19_690, end: 20_000, keys: carried.accepted, usedFrom: 0 });
    expect(start.mark).toEqual({ offset: 19_700, asOf: 19_690, keys: carried });
    expect(start.keysSinceMs).toBeLessThanOrEqual(nowMs - 600_000);
    expect(count()).toBeLessThan(1000);
  });

  it('knowing the targets of what was derived while the ids of the partition are recent, also where nobody sent', async () => {
    const seen = (asOf: number, agoMs: number, carried: MarkedKeys): Mark => {
      const made = mark(asOf, asOf, carried);
      return { ...made, state: { ...made.state, highestId: sentAt(nowMs - agoMs).messageId } };
    };
    const records = {
      110: seen(100, 900_000, keys(50, { earlier: 60 })),
      2010: seen(2000, 500_000, keys(100, { earlier: 110 })),
      3010: seen(3000, 1000, keys(2000, { earlier: 2010 })),
    };
    const start = await findTakeOverStart(logOf(records, { end: 3500 }), nowMs);
    expect(start).toMatchObject({ from: 3000, keys: [], usedFrom: 50 });
  });

  it('with the keys of the Marks that the last one names, as far back as keys live', async () => {
    const oldest = keys(100, { beforeMs: nowMs - 900_000, earlier: 90, accepted: [accepted(150, 640_000)] });
    const middle = keys(5000, { beforeMs: nowMs - 500_000, earlier: 4990, accepted: [accepted(5500, 400_000)] });
    const newest = keys(9000, { beforeMs: nowMs - 200_000, earlier: 9010, accepted: [accepted(9500, 100_000)] });
    const records = { 4990: mark(5000, 0, oldest), 9010: mark(9000, 0, middle), 19_700: mark(19_690, 19_690, newest) };
    const { log, count } = counting(logOf(records, { end: 20_000 }));
    const start = await findTakeOverStart(log, nowMs);
    expect(start.keys.map(({ offset }) => offset)).toEqual([150, 5500, 9500]);
    expect(start.usedFrom).toBe(100);
    expect(start.keysSinceMs).toBeLessThanOrEqual(nowMs - 600_000);
    expect(count()).toBeLessThan(1000);
  });

  it.each([
    ['is another record', { 9010: sentAt(nowMs) }, 0],
    ['is a Mark that stands elsewhere', { 9010: mark(8999, 0, keys(0, {})) }, 0],
    ['carries no keys', { 9010: mark(9000) }, 0],
    ['was removed', {}, 9500],
  ])('trusting no key made before those it has when an earlier Mark %s', async (_what, records, logStart) => {
    const newest = keys(9000, { beforeMs: nowMs - 200_000, earlier: 9010, accepted: [accepted(9600, 100_000)] });
    const log = logOf({ ...records, 19_700: mark(19_690, 19_690, newest) }, { start: logStart, end: 20_000 });
    const start = await findTakeOverStart(log, nowMs);
    expect(start).toMatchObject({ from: 19_690, keysSinceMs: nowMs - 200_000, keys: newest.accepted });
  });
});
