import { describe, expect, test } from 'vitest';
import { interpolate } from './interpolate.ts';

describe('variables in a compose file', () => {
  test.each([
    ['plain', 'plain'],
    ['$SET and ${SET}', 'yes and yes'],
    ['${UNSET}|${EMPTY}', '|'],
    ['${UNSET:-a:9092}', 'a:9092'],
    ['${EMPTY:-b}${EMPTY-c}', 'b'],
    ['${SET:-d}', 'yes'],
    ['test "$$(cat)" = $$x', 'test "$(cat)" = $x'],
  ])('%s', (text, expected) => {
    expect(interpolate(text, { SET: 'yes', EMPTY: '' })).toBe(expected);
  });

  test('that are required or wrong are refused with the reason', () => {
    expect(() => interpolate('${UNSET:?give it}', {})).toThrow('give it');
    expect(() => interpolate('${UNSET?}', {})).toThrow('the variable UNSET is not set');
    expect(() => interpolate('costs 5$', {})).toThrow('a dollar sign is $$');
  });
});
