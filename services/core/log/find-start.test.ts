import { describe, expect, it } from 'vitest';
import { findStart } from './find-start.ts';
import { emptyState } from './fold.ts';
import { logOf, mark } from './written-log.fixture.ts';

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
