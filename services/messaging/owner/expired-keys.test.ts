import { expect, it } from 'vitest';
import { makeSendKey } from '../../core/ids.ts';
import { seededRandom } from '../../core/random.ts';
import { alice, bob } from '../simulation/hand-driven-owner.ts';
import { createExpiredKeys, mostExpiredKeys } from './expired-keys.ts';

const random = seededRandom(1);
const newKey = () => makeSendKey(1_767_225_600_000, random.bytes(10));

it('an expired key is remembered for its sender, as long as told', () => {
  const expired = createExpiredKeys(1000);
  const key = newKey();
  expired.note(alice, key, 0);
  expect(expired.has(alice, key, 1000)).toBe(true);
  expect(expired.has(bob, key, 1000)).toBe(false);
  expect(expired.has(alice, key, 1001)).toBe(false);
});

it('the oldest expired keys are forgotten when there are too many', () => {
  const expired = createExpiredKeys(1000);
  const [first, second] = [newKey(), newKey()];
  expired.note(alice, first, 0);
  expired.note(alice, second, 0);
  expired.note(alice, first, 0);
  for (let more = 2; more <= mostExpiredKeys; more += 1) expired.note(alice, newKey(), 0);
  expect(expired.has(alice, second, 0)).toBe(false);
  expect(expired.has(alice, first, 0)).toBe(true);
});
