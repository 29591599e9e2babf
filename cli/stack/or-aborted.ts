/** What `work` answers, or `instead` as soon as the signal aborts: for work that does not know the signal. */
export function orAborted<T>(work: Promise<T>, instead: T, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(instead);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
