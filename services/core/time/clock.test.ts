import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';

describe('the system clock', () => {
  it('wakes a sleeper up, and calls back after a while', async () => {
    const woken: string[] = [];
    await systemClock.sleep(1);
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        woken.push('after');
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      const every = systemClock.every(1, () => {
        woken.push('every');
        every.cancel();
        resolve();
      });
    });
    expect(woken).toEqual(['after', 'every']);
  });

  it('ends a sleep with the reason of an abort, also of an earlier one', async () => {
    const reason = new Error('stop');
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toBe(reason);
  });

  it('does not call back once cancelled', async () => {
    let called = false;
    systemClock
      .after(1, () => {
        called = true;
      })
      .cancel();
    await systemClock.sleep(5);
    expect(called).toBe(false);
  });

  it('never steps back in its monotonic time', () => {
    const times = Array.from({ length: 100 }, () => systemClock.monotonicMs());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(systemClock.nowMs()).toBeGreaterThan(1_600_000_000_000);
  });
});
