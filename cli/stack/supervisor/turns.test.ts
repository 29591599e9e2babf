import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('turns come in order, as many at a time as allowed; who ends before its turn has none', () => {
  const turns = createTurns(2);
  const begun: string[] = [];
  const take = (name: string): (() => void) => turns.take(() => void begun.push(name));
  const endA = take('a');
  const [endB, endC, endD] = ['b', 'c', 'd'].map(take);
  take('e');
  expect(begun).toEqual(['a', 'b']);
  endC?.();
  endA();
  endA();
  expect(begun).toEqual(['a', 'b', 'd']);
  endB?.();
  endD?.();
  expect(begun).toEqual(['a', 'b', 'd', 'e']);
});
