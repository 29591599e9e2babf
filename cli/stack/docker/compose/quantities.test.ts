import { describe, expect, test } from 'vitest';
import { parseDuration, parseSize } from './quantities.ts';

describe('quantities of the compose specification', () => {
  test.each([
    ['5s', 5000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['250ms', 250],
    ['1.5s', 1500],
    ['5', undefined],
    ['s', undefined],
    ['5s!', undefined],
  ])('duration %s', (text, expected) => expect(parseDuration(text)).toBe(expected));

  test.each([
    ['1024', 1024],
    ['1b', 1],
    ['64k', 65_536],
    ['1536m', 1_610_612_736],
    ['1g', 1_073_741_824],
    ['1GB', 1_073_741_824],
    ['0.5g', 536_870_912],
    ['1t', undefined],
    ['', undefined],
  ])('size %s', (text, expected) => expect(parseSize(text)).toBe(expected));
});
