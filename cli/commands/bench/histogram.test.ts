import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistogram } from './histogram.ts';

test('a quantile is the exact value to better than one per cent', () => {
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 31 }), { minLength: 1 }), share, (values, wanted) => {
      const histogram = createHistogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((one, other) => one - other);
      const exact = sorted[Math.max(1, Math.ceil(wanted * values.length)) - 1] ?? 0;
      const found = histogram.quantile(wanted);
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * 1.01 + 1);
    }),
  );
});

test('counts of several processes add up', () => {
  const one = createHistogram();
  const other = createHistogram();
  for (let value = 0; value < 1000; value += 1) (value % 2 === 0 ? one : other).record(value * 10);
  one.add(other.save());
  expect(one.count).toBe(1000);
  expect(one.max()).toBe(9990);
  expect(one.quantile(0.5)).toBeGreaterThanOrEqual(4980);
  expect(one.quantile(0.5)).toBeLessThan(5040);
});

test('an empty one has no latencies', () => {
  expect(createHistogram().quantile(0.99)).toBe(0);
});
