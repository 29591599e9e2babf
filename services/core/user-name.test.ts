import { expect, test } from 'vitest';
import { canonicalUserName, checkUserName, userNameRule } from './user-name.ts';

test.each([
  ['bob', 'bob'],
  ['Bob', 'bob'],
  ['ZOE\u0308', 'zoë'],
  ['anna.müller_2', 'anna.müller_2'],
  ['bob+test@example.com', 'bob+test@example.com'],
  ['7of9', '7of9'],
  ['Жанна', 'жанна'],
  ['山田太郎', '山田太郎'],
  ['नीला', 'नीला'],
  ['x'.repeat(64), 'x'.repeat(64)],
])('%j is a name', (name, canonical) => {
  expect(checkUserName(name)).toBe(canonical);
  expect(canonicalUserName(name)).toBe(canonical);
});

test.each([
  ['', 'has 0 characters; 1 to 64 are possible'],
  ['x'.repeat(65), 'has 65 characters; 1 to 64 are possible'],
  ['john doe', 'has a space in it'],
  ['john\u00a0doe', 'has the character U+00A0 in it'],
  ['b\u0007b', 'has the character U+0007 in it'],
  ['b\u200db', 'has the character U+200D in it'],
  ['a/b', 'has "/" in it'],
  ['☺', 'has "☺" in it'],
  ['--all', 'begins with "-", not with a letter or digit'],
  ['..', 'begins with ".", not with a letter or digit'],
  ['\u0301a', 'begins with the character U+0301, not with a letter or digit'],
  ['007', 'is a number, which stands for a user id'],
  ['٣', 'is a number, which stands for a user id'],
])('%j is no name: it %s', (name, why) => {
  expect(() => checkUserName(name)).toThrow(
    expect.objectContaining({
      code: 'request.invalid',
      message: expect.stringContaining(`" ${why}`),
      hint: expect.stringContaining(userNameRule),
    }),
  );
});

test('shows a name so that it cannot change how the message is seen', () => {
  expect(() => checkUserName('a\u202eb')).toThrow('the name "a\\u202Eb" has the character U+202E in it');
});

test('proposes a name for one with spaces', () => {
  expect(() => checkUserName(' John  Doe ')).toThrow(
    expect.objectContaining({ hint: `such as "john.doe"; ${userNameRule}` }),
  );
});
