/**
 * Writes the newest cursor to a store, one write at a time, not more often than every 50 ms: a busy feed
 * costs few writes, and a crash at most repeats what came within them.
 */
import { asError } from '../../services/core/thrown.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import type { CursorStore } from './cursor-store.ts';

export interface CursorWriter {
  put(cursor: Buffer): void;
  /** Resolves when the last cursor put is stored; rejects when storing failed. */
  flush(): Promise<void>;
}

const pauseMs = 50;

export function createCursorWriter(store: CursorStore, clock: Clock): CursorWriter {
  let next: Buffer | undefined;
  let writing: Promise<void> | undefined;
  let resting = false;
  let fault: Error | undefined;

  const write = async (): Promise<void> => {
    while (next !== undefined) {
      const cursor = next;
      next = undefined;
      try {
        await store.save(cursor);
      } catch (error) {
        fault = asError(error);
      }
    }
  };
  const start = (): void => {
    writing = write().finally(() => {
      writing = undefined;
      resting = true;
      clock.after(pauseMs, () => {
        resting = false;
        if (next !== undefined && writing === undefined) start();
      });
    });
  };
  return {
    put(cursor) {
      next = cursor;
      if (writing === undefined && !resting) start();
    },
    async flush() {
      await writing;
      await write();
      if (fault !== undefined) throw fault;
    },
  };
}
