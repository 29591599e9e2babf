import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { messageJson, messageLine, printable } from './message-view.ts';

const messageOf = (text: string): Message => ({
  ...Message.decode(Buffer.alloc(0)),
  messageId: 1n,
  senderId: 7n,
  content: { kind: 1, body: { $case: 'text', value: text } },
});

describe('printable', () => {
  test.each([
    ['two\n2026-11-25 01:00:00  alice  fake', 'two↵2026-11-25 01:00:00  alice  fake'],
    ['a\r\nb\rc', 'a↵b\\u{d}c'],
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\u202eb\u2066c\u200fd\ufeffe', 'a\\u{202e}b\\u{2066}c\\u{200f}d\\u{feff}e'],
    ['a\u2028b\u2029c\u0085d', 'a\\u{2028}b\\u{2029}c\\u{85}d'],
    ['a\tb', 'a    b'],
    ['👩\u200d👧 می\u200cخواهم Grüße', '👩\u200d👧 می\u200cخواهم Grüße'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

const nasty = fc.constantFrom(
  ...Array.from('\n\r\t\v\f\u001b\u0085\u2028\u2029\u200e\u200f\u061c\u202a\u202e\u2066\u2069\ufeff\u00ad\u{e0041}a '),
);

test('any message is one line, without controls and without bidi characters', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(nasty, fc.string({ unit: 'grapheme' }))).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, texts, (text, name) => {
      const line = messageLine(messageOf(text), () => name);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
      expect(messageJson(messageOf(text)).text).toBe(text);
    }),
  );
});
