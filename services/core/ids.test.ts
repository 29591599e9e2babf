import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSendKey, parseClientId, parseMessageId, parseSendKey, parseUserId, sendKeyTimeMs } from './ids.ts';

describe('ids', () => {
  it('take every positive int64, as bigint and as decimal text', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n - 1n), (id) => {
        expect(parseUserId(id)).toBe(id);
        expect(parseMessageId(String(id))).toBe(id);
      }),
    );
  });

  it.each(['', '0', '-1', '01', '+1', '1.0', '1e3', ' 1', '1 ', '9223372036854775808', '99999999999999999999', '٣'])(
    'refuse the text %j',
    (text) => expect(parseUserId(text)).toBeUndefined(),
  );

  it.each([0n, -1n, 2n ** 63n])('refuse the number %s', (id) => expect(parseMessageId(id)).toBeUndefined());

  it('make keys that carry their time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        fc.uint8Array({ minLength: 10, maxLength: 16 }),
        (timeMs, random) => {
          const key = makeSendKey(timeMs, random);
          expect(parseSendKey(key)).toBe(key);
          expect(parseClientId(key)).toBe(key);
          expect(sendKeyTimeMs(key)).toBe(timeMs);
        },
      ),
    );
  });

  it('refuse UUIDs of another version as keys, and upper case', () => {
    expect(parseSendKey('01890a5d-ac96-4b7c-8f3a-0123456789ab')).toBeUndefined();
    expect(parseSendKey('01890A5D-AC96-7B7C-8F3A-0123456789AB')).toBeUndefined();
    expect(parseClientId('01890A5D-AC96-4B7C-8F3A-0123456789AB')).toBeUndefined();
  });
});
