/**
 * SIGTERM and SIGINT as an AbortSignal. A second one of them kills the process as if nobody listened.
 */
export interface StopSignal extends Disposable {
  /** Its reason is the name of the signal. */
  readonly signal: AbortSignal;
}

interface SignalSource {
  once(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

const names = ['SIGTERM', 'SIGINT'] as const;

export function listenForStop(source: SignalSource): StopSignal {
  const stop = new AbortController();
  const release: (() => void)[] = [];
  for (const name of names) {
    const first = (): void => {
      if (stop.signal.aborted) return;
      stop.abort(name);
      // With no listener left, the next signal has its default effect: the process ends at once.
      for (const remove of release) remove();
    };
    source.once(name, first);
    release.push(() => source.off(name, first));
  }
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const remove of release) remove();
    },
  };
}
