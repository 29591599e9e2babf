import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { messageJson, messageLine } from './message-view.ts';

const messageOf = (text: string): Message => ({
  ...Message.decode(Buffer.alloc(0)),
  messageId: 1n,
  senderId: 7n,
  content: { kind: 1, body: { $case: 'text', value: text } },
});

test.each([
  ['two\n2026-11-25 01:00:00  alice  fake', 'two ↵ 2026-11-25 01:00:00  alice  fake'],
  ['a\r\nb\rc \u001b[2J', 'a ↵ b\\u{d}c \\u{1b}[2J'],
  [
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  ],
])('a message of %j ends its line with %j', (text, shown) => {
  expect(messageLine(messageOf(text), () => 'bob').split('  bob  ')[1]).toBe(shown);
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
