import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { PullSum, type PullLine } from './pull-sum.ts';

/** `bytes`: fetched or unpacked so far, and of how many. */
const layer = (id: string, status: string, [current, total]: readonly number[] = []): PullLine => ({
  id,
  status,
  progressDetail: {
    ...(current === undefined ? {} : { current }),
    ...(total === undefined ? {} : { total }),
  },
});

function sumOf(...lines: readonly PullLine[]) {
  const sum = new PullSum();
  for (const line of lines) sum.add(line);
  return sum.progress;
}

describe('the progress of a pull', () => {
  test('is the sum of its layers; one that has not begun counts like the mean of the others', () => {
    const begun = [
      { id: '7.0', status: 'Pulling from library/redis' },
      ...['a', 'b', 'c', 'd'].map((id) => layer(id, 'Pulling fs layer')),
      layer('d', 'Waiting'),
      layer('a', 'Downloading', [30, 100]),
      layer('b', 'Downloading', [50, 300]),
    ];
    expect(sumOf(...begun)).toEqual({ doneBytes: 80, totalBytes: 400, percent: 10 });
    const more = [layer('a', 'Verifying Checksum'), layer('a', 'Download complete'), layer('c', 'Already exists')];
    expect(sumOf(...begun, ...more)).toEqual({ doneBytes: 150, totalBytes: 400, percent: 28 });
  });

  test('tells how much is unpacked once all layers are there', () => {
    const fetched = [layer('a', 'Downloading', [100, 100]), layer('b', 'Downloading', [300, 300])];
    expect(sumOf(...fetched)).toEqual({ doneBytes: 400, totalBytes: 400, percent: 100, unpackedPercent: 0 });
    const unpacking = [layer('a', 'Pull complete'), layer('b', 'Extracting', [150, 300])];
    expect(sumOf(...fetched, ...unpacking)).toMatchObject({ percent: 100, unpackedPercent: 62 });
    // Newer engines tell seconds there.
    const seconds: PullLine = { id: 'b', status: 'Extracting', progressDetail: { current: 7, units: 's' } };
    expect(sumOf(...fetched, layer('a', 'Pull complete'), seconds)).toMatchObject({ unpackedPercent: 25 });
    expect(sumOf(...fetched, ...unpacking, layer('b', 'Pull complete'))).toMatchObject({ unpackedPercent: 100 });
  });

  test('knows nothing of sizes that are not told, and of lines that are no layer', () => {
    expect(sumOf({ status: 'Digest: sha256:1' }, { error: 'no' }, {})).toEqual({
      doneBytes: 0,
      totalBytes: 0,
      percent: 0,
    });
    expect(sumOf(layer('a', 'Pulling fs layer'), layer('a', 'Downloading', [70]))).toMatchObject({ totalBytes: 70 });
    expect(sumOf(layer('a', 'Already exists'))).toMatchObject({ percent: 100, unpackedPercent: 100 });
  });

  test('never goes back, whatever the engine tells, also when a layer starts again', () => {
    const statuses = ['Pulling fs layer', 'Waiting', 'Downloading', 'Download complete', 'Retrying in 5 seconds'];
    const line = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      status: fc.constantFrom(...statuses, 'Extracting', 'Pull complete', 'Already exists'),
      progressDetail: fc.record({ current: fc.nat(1000), total: fc.nat(1000) }),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const sum = new PullSum();
        let last = 0;
        for (const each of lines) {
          sum.add(each);
          const { percent, unpackedPercent = 0 } = sum.progress;
          expect(percent).toBeGreaterThanOrEqual(last);
          for (const part of [percent, unpackedPercent]) expect(part >= 0 && part <= 100).toBe(true);
          last = percent;
        }
      }),
    );
  });
});
