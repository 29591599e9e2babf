import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

describe('a cursor', () => {
  it('carries any position, before the first record too', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: -1, max: 2 ** 48 - 2 }), (incarnation, offset) => {
        expect(decodeCursor(encodeCursor({ incarnation, offset }))).toEqual({ incarnation, offset });
      }),
    );
  });

  it('is undefined for other bytes, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const position = decodeCursor(bytes);
        const whole = bytes.length === 23 && bytes[0] === 1;
        expect(position !== undefined).toBe(whole);
        expect(position === undefined ? bytes : encodeCursor(position)).toSatisfy((again: Uint8Array) =>
          Buffer.from(bytes).equals(again),
        );
      }),
    );
  });
});
