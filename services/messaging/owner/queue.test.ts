import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueue } from './queue.ts';

test('answers what an array would', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.nat() },
    { weight: 5, arbitrary: fc.constant('shift' as const) },
    fc.constant('drain' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4000 }), (steps) => {
      const queue = createQueue<number>();
      const model: number[] = [];
      for (const step of steps) {
        const [answer, expected] =
          typeof step === 'number'
            ? [queue.push(step), void model.push(step)]
            : step === 'shift'
              ? [queue.shift(), model.shift()]
              : [queue.drain(), model.splice(0)];
        expect(answer).toEqual(expected);
        expect(queue.length).toBe(model.length);
        expect(queue.peek()).toBe(model[0]);
        expect(queue.at(model.length - 1)).toBe(model.at(-1));
      }
    }),
    { numRuns: 50 },
  );
});

test('goes on in order beyond the length at which it moves its items', () => {
  const queue = createQueue<number>();
  for (let item = 0; item < 5000; item += 1) queue.push(item);
  for (let item = 0; item < 4000; item += 1) expect(queue.shift()).toBe(item);
  for (let item = 5000; item < 6000; item += 1) queue.push(item);
  expect(queue.length).toBe(2000);
  expect(queue.drain()).toEqual(Array.from({ length: 2000 }, (_, index) => 4000 + index));
});

test('keeps nothing that was taken out', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const queue = createQueue<object>();
  const taken: WeakRef<object>[] = [];
  const fill = (): void => {
    for (let item = 0; item < 100; item += 1) queue.push({ item });
    for (let item = 0; item < 99; item += 1) taken.push(new WeakRef(queue.shift() ?? {}));
  };
  fill();
  // References that were looked through live until the end of the job.
  return new Promise<void>((resolve) => void setImmediate(resolve)).then(() => {
    collect();
    expect(taken.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
    expect(queue.length).toBe(1);
  });
});
