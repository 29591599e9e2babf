/**
 * At most so many at a time; the others wait their turn, in order. Who meets a queue that is full is refused
 * with engine.unavailable, so that memory stays bounded when the engine is slow.
 */
import { CecochatError } from '../core/errors.ts';

export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSlots(limits: { readonly atOnce: number; readonly waiting: number }): Slots {
  const queue: (() => void)[] = [];
  let used = 0;
  return {
    async run(work) {
      if (used >= limits.atOnce) {
        if (queue.length >= limits.waiting) {
          throw new CecochatError('engine.unavailable', `Cassandra is behind: ${queue.length} statements wait already`);
        }
        // Who ends hands its slot over, so that nobody overtakes.
        await new Promise<void>((resolve) => queue.push(resolve));
      } else {
        used += 1;
      }
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) used -= 1;
        else next();
      }
    },
  };
}
