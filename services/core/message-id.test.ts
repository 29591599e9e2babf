import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageIds, messageIdTimeMs, splitMessageId } from './message-id.ts';

const noon = 1_767_225_600_000;

function idsAt(settings: { generator?: number; startAboveMs?: number; reserved?: number } = {}) {
  const clock = { nowMs: noon };
  const { generator = 7, startAboveMs = 0, reserved = noon + 3_600_000 } = settings;
  const ids = createMessageIds({ generator, startAboveMs, nowMs: () => clock.nowMs });
  ids.reserve(reserved);
  return { clock, ids };
}

describe('message ids', () => {
  it('are made of time, generator and sequence', () => {
    const { ids } = idsAt({ generator: 4095 });
    const first = ids.next(0n);
    expect(first && splitMessageId(first)).toEqual({ ms: noon, generator: 4095, sequence: 0 });
    const second = ids.next(0n);
    expect(second && splitMessageId(second)).toEqual({ ms: noon, generator: 4095, sequence: 1 });
    expect(first && first < 2n ** 63n).toBe(true);
  });

  it('strictly increase whatever the clock does, above what is asked for', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -50_000, max: 20_000 }), fc.integer({ min: -2, max: 2 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        const { clock, ids } = idsAt();
        let last = 0n;
        for (const [step, ahead] of moves) {
          clock.nowMs = noon + step;
          const above = last + BigInt(ahead);
          const id = ids.next(above);
          if (id === undefined) continue;
          expect(id > last && id > above).toBe(true);
          last = id;
        }
      }),
    );
  });

  it('go on in the next millisecond when the sequence is used up', () => {
    const { ids } = idsAt();
    const made = Array.from({ length: 3000 }, () => ids.next(0n) ?? 0n);
    expect(new Set(made).size).toBe(3000);
    expect(messageIdTimeMs(made.at(-1) ?? 0n)).toBe(noon + 2);
  });

  it('are above the id time that an earlier holder of the generator reserved', () => {
    const { ids } = idsAt({ startAboveMs: noon + 5000 });
    expect(messageIdTimeMs(ids.next(0n) ?? 0n)).toBe(noon + 5001);
  });

  it('are not given past the reserved time', () => {
    const { clock, ids } = idsAt({ reserved: noon + 10 });
    clock.nowMs = noon + 11;
    expect(ids.next(0n)).toBeUndefined();
    ids.reserve(noon + 20);
    expect(ids.next(0n)).toBeDefined();
  });

  it('are not given more than a minute ahead of the clock, and again once it has caught up', () => {
    const { clock, ids } = idsAt();
    clock.nowMs = noon + 61_000;
    const high = ids.next(0n) ?? 0n;
    clock.nowMs = noon;
    expect(ids.next(high)).toBeUndefined();
    clock.nowMs = noon + 2000;
    expect(ids.next(high)).toBeDefined();
  });

  it.each([-1, 4096, 0.5, Number.NaN])('have no generator %s', (generator) => {
    expect(() => idsAt({ generator })).toThrow(RangeError);
  });
});
