/**
 * What the dead letters of every backplane keep to; part of the backplane's suite.
 */
import { describe, expect, test } from 'vitest';
import type { OpenBackplane } from './backplane.contract.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';

const incarnation = '01939d8e-0000-7000-8000-00000000000a';
const laterIncarnation = '01939d8f-0000-7000-8000-000000000001';
const roomy = { maxRecords: 1000, maxBytes: 64 * 1024 * 1024 };

function letter(partition: number, offset: number, more: { incarnation?: string; reason?: string } = {}): DeadLetter {
  return {
    partition,
    position: { incarnation: more.incarnation ?? incarnation, offset },
    reason: more.reason ?? `“too large” at ${offset}`,
    atMs: 1_700_000_000_000 + offset,
    value: Buffer.from(`record ${partition}/${offset}`),
  };
}

async function all(deadLetters: DeadLetters): Promise<readonly DeadLetter[]> {
  return (await deadLetters.list(undefined, roomy)).map(plain);
}

/** Engines give views of their own kinds of memory. */
function plain(found: DeadLetter): DeadLetter {
  return { ...found, value: Buffer.from(found.value) };
}

export function describeDeadLetters(name: string, open: OpenBackplane): void {
  describe(`${name}: dead letters`, () => {
    test('are kept with record, reason and time, in the order of the log, also when it is opened again', async () => {
      await using fixture = await open();
      const { deadLetters } = fixture.backplane;
      expect(await deadLetters.count()).toBe(0);
      expect(await all(deadLetters)).toEqual([]);
      const sorted = [
        letter(1, 9),
        letter(1, 70_000),
        letter(1, 2, { incarnation: laterIncarnation }),
        letter(3, 0),
        letter(300, 2 ** 40),
      ];
      await deadLetters.put(sorted.toReversed());
      expect(await all(deadLetters)).toEqual(sorted);
      expect(await deadLetters.count()).toBe(5);
      const reopened = (await fixture.reopen()).deadLetters;
      expect(await all(reopened)).toEqual(sorted);
      expect(await reopened.count()).toBe(5);
    });

    test('one of a record that has one takes its place', async () => {
      await using fixture = await open();
      const { deadLetters } = fixture.backplane;
      await deadLetters.put([letter(1, 5, { reason: 'first' }), letter(1, 6)]);
      const second = letter(1, 5, { reason: 'second' });
      await deadLetters.put([second]);
      expect(await all(deadLetters)).toEqual([second, letter(1, 6)]);
      expect(await deadLetters.count()).toBe(2);
    });

    test('are found by their place, and are gone for good when they are removed', async () => {
      await using fixture = await open();
      const { deadLetters } = fixture.backplane;
      const [one, other] = [letter(1, 5), letter(1, 5, { incarnation: laterIncarnation })];
      await deadLetters.put([one, other]);
      const found = await deadLetters.get(one);
      expect(found === undefined ? found : plain(found)).toEqual(one);
      expect(await deadLetters.get(letter(2, 5))).toBeUndefined();
      await deadLetters.remove([one, letter(2, 5)]);
      await deadLetters.remove([one]);
      expect(await deadLetters.get(one)).toBeUndefined();
      expect(await all(deadLetters)).toEqual([other]);
      const reopened = (await fixture.reopen()).deadLetters;
      expect(await all(reopened)).toEqual([other]);
      await reopened.put([one]);
      expect(await all(reopened)).toEqual([one, other]);
    });

    test('come in pages: by number, by bytes, and at least one', async () => {
      await using fixture = await open();
      const { deadLetters } = fixture.backplane;
      const letters = Array.from({ length: 25 }, (_, i) => letter(i % 5, i));
      await deadLetters.put(letters);
      const paged: DeadLetter[] = [];
      for (;;) {
        const page = await deadLetters.list(paged.at(-1), { ...roomy, maxRecords: 10 });
        if (page.length === 0) break;
        paged.push(...page.map(plain));
      }
      expect(paged).toEqual(await all(deadLetters));
      expect(paged).toHaveLength(25);
      expect(await deadLetters.list(undefined, { maxRecords: 10, maxBytes: 1 })).toHaveLength(1);
    });

    test('take a record of a megabyte', async () => {
      await using fixture = await open();
      const { deadLetters } = fixture.backplane;
      const large = { ...letter(1, 1), value: Buffer.alloc(1024 * 1024, 7) };
      await deadLetters.put([large, letter(1, 2)]);
      const [found, next] = await all(deadLetters);
      expect(large.value.equals(found?.value ?? Buffer.alloc(0))).toBe(true);
      expect(next).toEqual(letter(1, 2));
    });
  });
}
