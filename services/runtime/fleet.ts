/**
 * Servers that start side by side and stop side by side, also when some of them failed to start.
 */
export interface Fleet extends AsyncDisposable {
  /** Returns the promise itself; what it gives belongs to the fleet. */
  start<T extends AsyncDisposable>(starting: Promise<T>): Promise<T>;
}

export function createFleet(): Fleet {
  const all: Promise<AsyncDisposable>[] = [];
  return {
    start(starting) {
      all.push(starting);
      return starting;
    },
    async [Symbol.asyncDispose]() {
      const started = (await Promise.allSettled(all)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const stops = await Promise.allSettled(started.map((server) => server[Symbol.asyncDispose]()));
      const faults: unknown[] = [];
      for (const stop of stops) if (stop.status === 'rejected') faults.push(stop.reason);
      if (faults.length > 0) throw new AggregateError(faults, `${faults.length} servers did not stop well`);
    },
  };
}
