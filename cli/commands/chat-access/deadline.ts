/**
 * A signal that aborts with `timed.out` after a while, or with its parent.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** `what` ends the sentence "timed out after 30 s: ...". No time: only the parent ends it. */
export function createDeadline(request: {
  readonly clock: Clock;
  readonly parent: AbortSignal;
  readonly timeoutMs: number | undefined;
  readonly what: () => string;
}): Deadline {
  const { clock, parent, timeoutMs, what } = request;
  const own = new AbortController();
  const timer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () =>
          own.abort(new CecochatError('timed.out', `timed out after ${timeoutMs / 1000} s: ${what()}`)),
        );
  return {
    signal: AbortSignal.any([parent, own.signal]),
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
