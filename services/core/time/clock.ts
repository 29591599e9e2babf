/**
 * Time arrives as a parameter. `Date`, `setTimeout` and `setInterval` are lint errors everywhere else.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May step. */
  nowMs(): number;
  /** Milliseconds since some start, with fractions; never steps. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` after `ms` unless the handle is cancelled. */
  after(ms: number, work: () => void): Cancellable;
  /** Calls `work` every `ms` until the handle is cancelled. */
  every(ms: number, work: () => void): Cancellable;
}

export interface Cancellable {
  cancel(): void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};
