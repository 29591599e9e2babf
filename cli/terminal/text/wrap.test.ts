import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { clip, graphemeAfter, graphemeBefore, graphemesOf, widthOf, wordAfter, wordBefore } from './graphemes.ts';
import { wrap } from './wrap.ts';

describe('wrap', () => {
  test('breaks between words, and inside a word that is too long', () => {
    expect(wrap('to be or not', 6).map(({ text }) => text)).toEqual(['to be ', 'or not']);
    expect(wrap('abcdefgh', 3).map(({ text }) => text)).toEqual(['abc', 'def', 'gh']);
    expect(wrap('a\n\nb', 5).map(({ text }) => text)).toEqual(['a', '', 'b']);
  });

  test('never parts a family, a flag or a letter with its marks', () => {
    const family = '👩\u200d👩\u200d👧';
    expect(wrap(`${family}${family}🇧🇬🇩🇪`, 4).map(({ text }) => text)).toEqual([family + family, '🇧🇬🇩🇪']);
    expect(wrap('你好世界', 5).map(({ text }) => text)).toEqual(['你好', '世界']);
  });

  test('any text comes out whole, in lines that fit', () => {
    const unit = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom(' ', '\n', '你', '👍🏽'));
    const texts = fc.array(unit).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, width) => {
        const lines = wrap(text, width);
        let at = 0;
        for (const line of lines) {
          expect(line.start).toBe(at);
          expect(text.slice(at, at + line.text.length)).toBe(line.text);
          expect(widthOf(line.text.trimEnd())).toBeLessThanOrEqual(width);
          at += line.text.length + (text[at + line.text.length] === '\n' ? 1 : 0);
        }
        expect(at).toBe(text.length);
      }),
    );
  });
});

describe('graphemes', () => {
  test('widths are those of cells', () => {
    expect(['a', '你', '👍🏽', '🇧🇬', 'e\u0301', 'ﷺ'].map(widthOf)).toEqual([1, 2, 2, 2, 1, 1]);
  });

  test('the short way to a width leads to the same width', () => {
    // Format characters are never shown as they are (visible-text.ts).
    const characters = Array.from({ length: 0x2600 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => !/\p{Cf}/u.test(character),
    );
    const wrong = characters.filter((character) => widthOf(character) !== stringWidth(character));
    expect(wrong).toEqual([]);
  });

  test('clip says that something is missing, and keeps within the cells', () => {
    expect(clip('hello', 5)).toBe('hello');
    expect(clip('hello you', 6)).toBe('hello…');
    expect(clip('你好你好', 4)).toBe('你…');
  });

  test('steps go from border to border', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const borders = [0];
        for (const grapheme of graphemesOf(text)) borders.push((borders.at(-1) ?? 0) + grapheme.text.length);
        for (const [index, border] of borders.entries()) {
          expect(graphemeAfter(text, border)).toBe(borders[index + 1] ?? text.length);
          expect(graphemeBefore(text, border)).toBe(borders[index - 1] ?? 0);
        }
      }),
    );
  });

  test('words are steps too', () => {
    expect(wordBefore('one two', 7)).toBe(4);
    expect(wordBefore('one two ', 8)).toBe(4);
    expect(wordAfter('one two', 0)).toBe(3);
    expect(wordAfter('one two', 3)).toBe(7);
  });
});
