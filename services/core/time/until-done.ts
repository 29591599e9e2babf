/**
 * Work that is tried again, slower each time, until it succeeds or nobody wants it any more.
 */
import type { Clock } from './clock.ts';

const firstBackoffMs = 50;
const longestBackoffMs = 2000;

/** Undefined when the signal ended it. Errors of the work are not told: it has to say itself what matters. */
export async function untilDone<T>(
  work: () => Promise<T>,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep'>; readonly signal: AbortSignal },
): Promise<T | undefined> {
  for (let backoffMs = firstBackoffMs; !signal.aborted; backoffMs = Math.min(2 * backoffMs, longestBackoffMs)) {
    try {
      return await work();
    } catch {
      await clock.sleep(backoffMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}
