import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationFlag, durationOption, integerOption, numberOption, sizeOption, stackOption } from './options.ts';

describe('typed options', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('read the duration %s', (text, ms) => {
    expect(durationOption()(text)).toBe(ms);
  });

  test.each(['', '3', 's', '-1s', '1 s', '1.s', '1e3s', '5 minutes', '1m30s', 'Infinitys', '٣s'])(
    'refuse the duration %j',
    (text) => {
      expect(() => durationOption()(text)).toThrow('It must be a duration with its unit');
    },
  );

  test.each([
    ['512', 512],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['1.5GiB', 1_610_612_736],
    ['10MB', 10_000_000],
  ])('read the size %s', (text, bytes) => {
    expect(sizeOption()(text)).toBe(bytes);
  });

  test.each(['', 'KiB', '-1', '1 KiB', '1XB', '0x10', '1e3'])('refuse the size %j', (text) => {
    expect(() => sizeOption()(text)).toThrow('It must be a size');
  });

  test('read every safe integer and nothing else', () => {
    const parse = integerOption();
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => parse(String(value)) === value));
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^-?\d+(_\d+)*$/.test(text));
        expect(() => parse(text)).toThrow('It must be a whole number');
      }),
    );
    expect(parse('1_000_000')).toBe(1_000_000);
    expect(() => parse('9007199254740993')).toThrow('whole number');
  });

  test('keep to their bounds, and say them', () => {
    expect(() => integerOption({ min: 1 })('0')).toThrow('at least 1');
    expect(() => integerOption({ max: 9 })('10')).toThrow('at most 9');
    expect(() => numberOption({ max: 1 })('1.01')).toThrow('at most 1');
    expect(() => durationOption({ min: 1000 })('999ms')).toThrow('at least 1s');
    expect(() => sizeOption({ max: 1024 })('2KiB')).toThrow('at most 1024 bytes');
  });

  test.each([
    [15_000, '15s'],
    [90_000, '90s'],
    [60_000, '1m'],
    [365 * 86_400_000, '365d'],
    [1500, '1500ms'],
    [0, '0s'],
  ])('show the default duration %d as %s', (defaultMs, shown) => {
    const command = new Command('x').addOption(durationFlag('--time <duration>', 'that it takes', { defaultMs }));
    expect(command.helpInformation()).toContain(`that it takes (default: ${shown})`);
    expect(command.parse([], { from: 'user' }).opts()['time']).toBe(defaultMs);
  });

  test('let only such names be stacks that are safe as a folder', () => {
    const parse = (name: string): unknown =>
      new Command()
        .exitOverride()
        .configureOutput({ writeErr: () => undefined })
        .addOption(stackOption())
        .parse(['--name', name], { from: 'user' })
        .opts()['name'];
    expect(['a', 'default', 'ci-42', 'a'.repeat(32)].map(parse)).toEqual(['a', 'default', 'ci-42', 'a'.repeat(32)]);
    for (const name of ['', '.', '..', 'a/b', 'A', '-a', 'a-', '1a', 'a b', 'ä', 'a'.repeat(33), 'a\n']) {
      expect(() => parse(name), JSON.stringify(name)).toThrow('A stack name has');
    }
  });
});
