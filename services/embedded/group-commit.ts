/**
 * Commits by what is waiting: while one commit is on its way to the disk, everything that arrives joins the
 * next one. There is never a delay and never more than one commit in flight.
 */
import { CecochatError } from '../core/errors.ts';
import type { BinaryTable } from './lmdb-folder.ts';

export interface GroupCommit extends AsyncDisposable {
  /**
   * Runs `write` (puts and removes only, no waiting) in the next commit, in the order of the calls. Resolves
   * with its result once that commit is on disk. Errors: what `write` throws; engine.unavailable.
   */
  commit<T>(write: () => T): Promise<T>;
}

interface Waiting {
  readonly run: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export interface GroupCommitOptions {
  /** Any table of the environment. */
  readonly table: BinaryTable;
  /** Called when a commit failed, before anything else runs: forget what its writes left in memory. */
  readonly failed?: () => void;
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await options.table.batch(() => {
          for (const item of batch) item.run();
        });
      } catch (error) {
        options.failed?.();
        const fault = unavailable(error);
        for (const item of batch) item.failed(fault);
        continue;
      }
      for (const item of batch) item.done();
    }
    running = undefined;
  };

  return {
    commit<T>(write: () => T): Promise<T> {
      if (closed) return Promise.reject(new CecochatError('engine.unavailable', 'the data folder is closed'));
      return new Promise<T>((resolve, reject) => {
        let outcome: { value: T } | { error: unknown } | undefined;
        waiting.push({
          run: () => {
            try {
              outcome = { value: write() };
            } catch (error) {
              outcome = { error };
            }
          },
          done: () => {
            if (outcome === undefined || 'error' in outcome) reject(outcome?.error);
            else resolve(outcome.value);
          },
          failed: reject,
        });
        // The microtask lets callers of this turn join the first commit as well.
        running ??= Promise.resolve().then(run);
      });
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await running;
    },
  };
}

export function unavailable(cause: unknown): CecochatError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CecochatError('engine.unavailable', `writing to the data folder failed: ${reason}`, {
    hint: 'Check that the disk has room and is writable.',
    cause,
  });
}
