import { describe, expect, it } from 'vitest';
import { makeSendKey, parseClientId, parseUserId } from '../ids.ts';
import { composeMessageId } from '../message-id.ts';
import { findStart, findTakeOverStart, type LogView } from './find-start.ts';
import { emptyState, type LogEntry } from './fold.ts';
import type { LogRecord, Mark, Sent } from './record.ts';

const nowMs = 1_767_225_600_000;
const own = { term: 1, server: 's1', sequence: 1 };
const user = parseUserId(1n);
const clientId = parseClientId('01890a5d-ac96-4b7c-8f3a-0123456789ab');

function mark(asOf: number, relayed = 0): Mark {
  return { kind: 'mark', own, asOf, state: { ...emptyState, incarnation: `as of ${asOf}`, relayed } };
}

function sentAt(ms: number): Sent {
  if (user === undefined || clientId === undefined) throw new Error('the test uses valid ids');
  const key = makeSendKey(ms, new Uint8Array(10));
  const messageId = composeMessageId({ ms, generator: 1, sequence: 0 });
  return {
    kind: 'sent',
    own,
    messageId,
    senderId: user,
    key,
    clientId,
    owners: [user],
    receivers: [],
    message: Buffer.of(),
  };
}

/** A log of `end` records that are unknown but for the given ones; a read gives at most seven. */
function logOf(records: Readonly<Record<number, LogRecord>>, { start = 0, end = 3000 } = {}): LogView {
  return {
    bounds: () => Promise.resolve({ start, end }),
    read(from, below) {
      const entries: LogEntry[] = [];
      for (let offset = Math.max(from, start); offset < Math.min(below, end, from + 700); offset += 1)
        entries.push({ offset, record: records[offset] ?? { kind: 'unknown' } });
      return Promise.resolve(entries);
    },
  };
}

describe('a reader starts', () => {
  it('at the nearest Mark that is true at or below where it wants to be', async () => {
    const log = logOf({ 100: mark(90), 900: mark(880), 1500: mark(1490) });
    expect(await findStart(log, 1489)).toMatchObject({ from: 880, state: { incarnation: 'as of 880' } });
    expect(await findStart(log, 3000)).toMatchObject({ from: 1490 });
  });

  it('at the first record when no Mark lies below and nothing was removed', async () => {
    expect(await findStart(logOf({ 100: mark(90) }), 50)).toEqual({ from: 0, state: emptyState });
    expect(await findStart(logOf({}, { end: 0 }), 0)).toEqual({ from: 0, state: emptyState });
  });

  it('at the first Mark there is when the log was cut behind where it wants to be', async () => {
    const log = logOf({ 2100: mark(1200), 2200: mark(2150), 2500: mark(2490) }, { start: 2000 });
    expect(await findStart(log, 2010)).toMatchObject({ from: 2150 });
  });

  it('nowhere in a cut log without a Mark', async () => {
    await expect(findStart(logOf({ 2100: mark(1200) }, { start: 2000 }), 2500)).rejects.toMatchObject({
      code: 'feed.expired',
    });
  });
});

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
});
