import { expect, test } from 'vitest';
import { isLineTime, unixTime } from './container-output.ts';

test('the time of a line becomes seconds with nanoseconds', () => {
  expect(unixTime('2026-11-27T18:35:01.000000012Z')).toBe('1795804501.000000012');
  expect(unixTime('2026-11-27T18:35:01.25Z')).toBe('1795804501.250000000');
  expect(unixTime('2026-11-27T18:35:01Z')).toBe('1795804501.000000000');
  // As Podman writes it outside of UTC.
  expect(unixTime('2026-11-27T20:35:01.000000012+02:00')).toBe('1795804501.000000012');
  expect(['2026-11-27T20:35:01.000000012+02:00', 'progress', '', '2026-11-27'].map(isLineTime)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
