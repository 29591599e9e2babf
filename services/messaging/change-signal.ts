/**
 * For who waits until something changes, or some time has passed.
 */
import type { Clock } from '../core/time/clock.ts';

export interface ChangeSignal {
  /** Something changed: all who wait go on. */
  changed(): void;
  /** Resolves at the next change, at the latest after `ms`. */
  wait(ms: number): Promise<void>;
}

export function createChangeSignal(clock: Pick<Clock, 'after'>): ChangeSignal {
  const waiters = new Set<() => void>();
  return {
    changed() {
      for (const wake of waiters) wake();
    },
    wait: (ms) =>
      new Promise<void>((resolve) => {
        const done = (): void => {
          waiters.delete(done);
          timer.cancel();
          resolve();
        };
        const timer = clock.after(ms, done);
        waiters.add(done);
      }),
  };
}
