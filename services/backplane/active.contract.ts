/** Which partitions are in use: part of every backplane's contract. */
import { describe, expect, test } from 'vitest';
import type { OpenBackplane } from './backplane.contract.ts';
import { values } from './recorded-tail.contract.ts';

export function describeActive(name: string, open: OpenBackplane): void {
  describe(`${name}: partitions in use`, () => {
    test('says which partitions got records lately', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      await backplane.append(1, values('a'));
      await backplane.append(3, values('b'));
      const found = await backplane.active([0, 1, 3], 60_000);
      expect(found).toEqual(expect.arrayContaining([1, 3]));
      expect(found).not.toContain(2);
      expect(await backplane.active([], 60_000)).toEqual([]);
    });
  });
}
