/**
 * How long this process was able to attend to its work. While its loop is held up (by much work, or by a machine that
 * gives it no processor) time passes that it must not blame on others: whoever waits to be read from or answered was
 * not looked at meanwhile. Small hold-ups add up: under a loop of turns of 20 ms, 100 ms take about 140.
 */
import type { Clock } from './clock.ts';

export interface Attention extends AsyncDisposable {
  /** Milliseconds since some start, of which a hold-up of any length counts for `tickMs` at most. */
  attendedMs(): number;
}

const tickMs = 50;

export function watchAttention(clock: Clock): Attention {
  let attendedMs = 0;
  let tickedAtMs = clock.monotonicMs();
  const sinceTick = (): number => Math.min(clock.monotonicMs() - tickedAtMs, tickMs);
  const ticker = clock.every(tickMs, () => {
    attendedMs += sinceTick();
    tickedAtMs = clock.monotonicMs();
  });
  return {
    attendedMs: () => attendedMs + sinceTick(),
    [Symbol.asyncDispose]: async () => ticker.cancel(),
  };
}
