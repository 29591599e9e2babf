import { describe, expect, test } from 'vitest';
import { coloursFor } from '../../output/colours.ts';
import type { PartReport } from '../../stack/part-report.ts';
import { partFrame } from './part-frame.ts';
import { withFailure, withReport, type PartRow } from './part-rows.ts';
import { PassThrough } from 'node:stream';

const colours = coloursFor(new PassThrough(), {});

function rowsOf(...reports: readonly (readonly [number, string, PartReport['step'], Partial<PartReport>?])[]) {
  return reports.reduce<readonly PartRow[]>(
    (rows, [atMs, part, step, more]) => withReport(rows, { atMs, part, step, detail: '', ...more }),
    [],
  );
}

const mebi = 1024 ** 2;
const midway = rowsOf(
  [0, 'kafka', 'wait'],
  [0, 'cassandra', 'wait'],
  [0, 'redis', 'keep'],
  [0, 'topic', 'wait'],
  [0, 'configuration', 'wait'],
  [0, 'servers', 'wait'],
  [100, 'kafka', 'pull', { detail: 'apache/kafka:4.3.1' }],
  [
    900,
    'kafka',
    'pull',
    { detail: 'apache/kafka:4.3.1', pull: { doneBytes: 43.9 * mebi, totalBytes: 100 * mebi, percent: 43 } },
  ],
  [100, 'cassandra', 'create', { detail: 'cassandra:5.0' }],
  [1100, 'cassandra', 'health', { detail: 'cecochat-default-cassandra-1' }],
  [2000, 'configuration', 'seed'],
  [2600, 'configuration', 'ready'],
);

const frame = (columns: number, rows: number, of = midway): string[] =>
  partFrame(of, 12_400, { columns, rows, colours });

describe('the table of parts', () => {
  test('has a row for each part, with its state, the time of that, and more about it', () => {
    expect(frame(79, 23)).toEqual([
      'kafka          pull 43 %    12.3 s  43.9 MiB of 100 MiB',
      'cassandra      health       11.3 s  cecochat-default-cassandra-1',
      'redis          ready                as it was',
      'topic          waits',
      'configuration  ready         0.6 s',
      'servers        waits',
    ]);
  });

  test('leaves out what has no room, to 20 columns and less', () => {
    expect(frame(40, 23).slice(0, 3)).toEqual([
      'kafka          pull 43 %    12.3 s',
      'cassandra      health       11.3 s',
      'redis          ready',
    ]);
    expect(frame(45, 23)[0]).toBe('kafka          pull 43 %    12.3 s  43.9 MiB…');
    expect(frame(19, 23)).toEqual([
      'kafka    pull 43 %',
      'cassan…  health',
      'redis    ready',
      'topic    waits',
      'config…  ready',
      'servers  waits',
    ]);
    for (let columns = 1; columns < 80; columns += 1) {
      for (const line of frame(columns, 23)) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test('shows what is at work where there are fewer rows than parts, and counts the rest', () => {
    expect(frame(79, 4)).toEqual([
      'kafka          pull 43 %    12.3 s  43.9 MiB of 100 MiB',
      'cassandra      health       11.3 s  cecochat-default-cassandra-1',
      'topic          waits',
      'and 2 ready, 1 waiting',
    ]);
    expect(frame(79, 1)).toEqual(['2 ready, 2 at work, 2 waiting']);
    expect(frame(79, 0)).toEqual([]);
    for (let rows = 0; rows < 8; rows += 1) expect(frame(79, rows).length).toBeLessThanOrEqual(rows);
  });

  test('counts the time of a state, and in the end of all that a part did', () => {
    const rows = rowsOf([1000, 'redis', 'create'], [3000, 'redis', 'health'], [3500, 'redis', 'health']);
    expect(frame(79, 9, rows)).toEqual(['redis  health        9.4 s']);
    expect(frame(79, 9, withReport(rows, { part: 'redis', step: 'healthy', detail: '', atMs: 9000 }))).toEqual([
      'redis  ready         8.0 s',
    ]);
    expect(partFrame(rows, 203_000, { columns: 79, rows: 9, colours })).toEqual(['redis  health      3m 20 s']);
  });

  test('marks the part that failed; when nobody says which, the servers or all that were at work', () => {
    const states = (part: string | undefined): string[] =>
      withFailure(midway, part, 9000).map((row) => `${row.part} ${row.step}`);
    expect(states('cassandra')).toEqual([
      'kafka pull',
      'cassandra failed',
      'redis keep',
      'topic wait',
      'configuration ready',
      'servers wait',
    ]);
    const failed = (texts: readonly string[]): string[] => texts.filter((text) => text.endsWith(' failed'));
    expect(failed(states(undefined))).toEqual(['kafka failed', 'cassandra failed']);
    const starting = rowsOf([0, 'users', 'seed'], [0, 'servers', 'start']);
    expect(withFailure(starting, undefined, 1).map(({ step }) => step)).toEqual(['seed', 'failed']);
    expect(frame(79, 9, withFailure(midway, 'cassandra', 9000))[1]).toBe(
      'cassandra      failed        8.9 s  cecochat-default-cassandra-1',
    );
  });
});
