/**
 * A bounded queue between a stream and the one who takes its events. `put` never refuses, it says when the
 * stream should pause; taking below half calls `roomy`.
 */
export interface EventQueue<T> {
  /** False: full, hold back. */
  put(item: T): boolean;
  /** The next item; waits for one. Undefined once closed and empty; throws the error that it was closed with. */
  take(signal?: AbortSignal): Promise<T | undefined>;
  /** What was put can still be taken. */
  close(error?: Error): void;
  /** Resolves when it is less than full. */
  room(signal?: AbortSignal): Promise<void>;
}

export function createEventQueue<T>(capacity: number, roomy: () => void): EventQueue<T> {
  let items: T[] = [];
  let head = 0;
  let closed: { error: Error | undefined } | undefined;
  let full = false;
  const wakers = new Set<() => void>();

  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  const change = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = (): void => {
        wakers.delete(waker);
        reject(signal?.reason);
      };
      const waker = (): void => {
        wakers.delete(waker);
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      wakers.add(waker);
      signal?.addEventListener('abort', stop, { once: true });
    });

  return {
    put(item) {
      items.push(item);
      full = items.length - head >= capacity;
      wake();
      return !full;
    },
    async take(signal) {
      while (head === items.length) {
        if (closed !== undefined) {
          if (closed.error !== undefined) throw closed.error;
          return undefined;
        }
        await change(signal);
      }
      const item = items[head];
      head += 1;
      if (head > 1024 || head === items.length) {
        items = items.slice(head);
        head = 0;
      }
      if (full && items.length - head <= capacity / 2) {
        full = false;
        roomy();
        wake();
      }
      return item;
    },
    close(error) {
      closed ??= { error };
      wake();
    },
    async room(signal) {
      while (full && closed === undefined) await change(signal);
    },
  };
}
