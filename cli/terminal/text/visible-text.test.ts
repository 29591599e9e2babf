import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { widthOf } from './graphemes.ts';
import { maskedText, visibleLine, visibleText } from './visible-text.ts';

describe('visibleText', () => {
  test.each([
    ['\u001b[2J\u001b]0;x\u0007', '\\u{1b}[2J\\u{1b}]0;x\\u{7}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['a\rb\r\nc', 'a\\u{d}b\nc'],
    ['a\tb', 'a    b'],
    ['safe\u202egnp.exe', 'safe\\u{202e}gnp.exe'],
    ['\u2066a\u2069\u200f', '\\u{2066}a\\u{2069}\\u{200f}'],
    ['ad\u200bmin ad\u200dmin \u3164', 'ad\\u{200b}min ad\\u{200d}min \\u{3164}'],
    ['\u{e0061}hidden', '\\u{e0061}hidden'],
    ['\ud800', '\\u{d800}'],
    ['a\u2028b\u2029c\u0085d\ufeffe', 'a\\u{2028}b\\u{2029}c\\u{85}d\\u{feff}e'],
    ['soft\u00adhyphen \u2060word', 'soft\\u{ad}hyphen \\u{2060}word'],
    // Joiners where nothing is joined.
    ['👩\u200d', '👩\\u{200d}'],
    ['👩\u200dx \u200d👧', '👩\\u{200d}x \\u{200d}👧'],
    ['👩\u200d\u200d👧', '👩\\u{200d}\\u{200d}👧'],
    ['a\u0301\u200d\u0301', 'a\u0301\\u{200d}\u0301'],
    ['می\u200d خواهم\u200c', 'می\\u{200d} خواهم\\u{200c}'],
    ['क\u200dष', 'क\\u{200d}ष'],
    // Fillers that are blank.
    ['\u115f\u1160\u3164\uffa0', '\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}'],
    ['\u2800', '\\u{2800}'],
    ['a\u2800b', 'a\\u{2800}b'],
    // Selectors that select nothing.
    ['a\ufe0f b\ufe01', 'a\\u{fe0f} b\\u{fe01}'],
    ['❤\ufe0f\ufe0f\ufe0e', '❤\ufe0f\\u{fe0f}\\u{fe0e}'],
    ['葛\u{e0100}\u{e0101}', '葛\u{e0100}\\u{e0101}'],
    ['1\ufe0f00', '1\\u{fe0f}00'],
    ['x\u{e0100}', 'x\\u{e0100}'],
    // Tags without a flag, a flag without its end.
    ['👍\u{e0067}\u{e007f}', '👍\\u{e0067}\\u{e007f}'],
    ['🏴\u{e0067}\u{e0062}x', '🏴\\u{e0067}\\u{e0062}x'],
  ])('shows %j as %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  test.each([
    '👩\u200d👧 👍🏽 ❤\ufe0f 🇧🇬',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    // Families, professions with skin tones, flags, keycaps.
    '👨\u200d👩\u200d👧\u200d👦 👩🏽\u200d🔬 🧑🏻\u200d🤝\u200d🧑🏿 ❤\ufe0f\u200d🔥',
    '🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f 👁\ufe0f\u200d🗨\ufe0f 🇩🇪🇧🇷',
    '1\ufe0f\u20e3 #\ufe0f\u20e3 ☎\ufe0e ©\ufe0f',
    '👍🏿👍🏻👋🏽',
    // Joiners that scripts need.
    'می\u200cخواهم',
    'क्\u200dष क्\u200cष ശ്\u200d র\u200d্যাব ක්\u200dෂ',
    '葛\u{e0100}城 ㄚ',
    // Pictures of braille.
    '⠁\u2800\u2800⠿\n\u2800⣿⠂\u2800',
    '你好 ｶﾞ',
    'Grüße, Zoe\u0308',
  ])('leaves %s as it is', (text) => {
    expect(visibleText(text)).toBe(text);
  });

  test('a heap of marks is cut, a few stay', () => {
    expect(visibleText(`a${'\u0301'.repeat(40)}b`)).toBe('a\u0301\u0301\u0301b');
    expect(visibleText('a\u0301\u0323b')).toBe('a\u0301\u0323b');
  });

  test('a line has no line feed', () => {
    expect(visibleLine('one\ntwo')).toBe('one ↵ two');
  });
});

const nasty = fc.constantFrom(
  ...Array.from('\n\r\t\u001b\u0007\u0085\u009b\u2028\u200b\u200d\u202e\u2066\ufe0f\ufeff\u3164\u{e0061}\u{1f3f4}a '),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 3 }))).map((parts) => parts.join('')),
);

test('the width of what is shown can be told, of any character', () => {
  const format = fc.constantFrom(...Array.from('\u0600\u06dd\u070f\u08e2\u{110bd}\u{13430}'));
  fc.assert(
    fc.property(fc.array(fc.oneof(format, texts)), (parts) => {
      const shown = visibleLine(parts.join(''));
      expect(widthOf(shown)).toBeLessThanOrEqual(2 * shown.length);
    }),
  );
});

test('no text steers a terminal or turns the reading direction', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(visibleText(text)).not.toMatch(
        /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u3164]/u,
      );
    }),
  );
});

test('a masked text is as long as the text, and as harmless', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const masked = maskedText(text);
      expect(masked).toHaveLength(text.length);
      expect(widthOf(masked.replaceAll('\n', ''))).toBeGreaterThanOrEqual(0);
      expect(masked).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
