/**
 * Commits by what is waiting: while one commit is on its way to the disk, everything that arrives joins the
 * next one. There is never a delay beyond the turn of the loop, and never more than one commit in flight.
 */
import { CecochatError } from '../core/errors.ts';
import { messageFrom } from '../core/thrown.ts';

export interface Work {
  /** Puts and removes only, no waiting. What it throws goes to `failed`; what it put before is committed. */
  write(): void;
  /** It is on disk. Called before the writes of the next commit are asked for. */
  committed(): void;
  failed(error: unknown): void;
}

export interface GroupCommit extends AsyncDisposable {
  /** Runs in the next commit, in the order of the calls. Errors for `failed`: what `write` throws; engine.unavailable. */
  enqueue(work: Work): void;
  /** The same as a promise, with the result of `write`. */
  commit<T>(write: () => T): Promise<T>;
}

export interface GroupCommitOptions {
  /** Calls `write` at once; resolves when all that it wrote is on disk, rejects when nothing of it counts. */
  readonly commit: (write: () => void) => Promise<unknown>;
  /** Called before the writes of each commit: everything earlier is on disk, or lost. */
  readonly begin?: () => void;
  /** Called after the writes of each commit, for the last puts of all of them together. */
  readonly finish?: () => void;
  /** Called when a commit failed, before its works learn of it: forget what its writes left in memory. */
  readonly failed?: () => void;
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  let waiting: Work[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  const commitOnce = async (works: readonly Work[]): Promise<void> => {
    const faults = new Map<Work, unknown>();
    options.begin?.();
    try {
      await options.commit(() => {
        for (const work of works) {
          try {
            work.write();
          } catch (error) {
            faults.set(work, error);
          }
        }
        options.finish?.();
      });
    } catch (error) {
      const fault = unavailable(await causeOf(error));
      options.failed?.();
      for (const work of works) work.failed(fault);
      return;
    }
    for (const work of works) {
      if (faults.has(work)) work.failed(faults.get(work));
      else work.committed();
    }
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const works = waiting;
      waiting = [];
      await commitOnce(works);
      // What follows from this commit, and what arrived with it, joins the next one: at full load with a fast disk a
      // tenth more messages a second.
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    running = undefined;
  };

  const group: GroupCommit = {
    enqueue(work) {
      if (closed) {
        work.failed(new CecochatError('engine.unavailable', 'the data folder is closed'));
        return;
      }
      waiting.push(work);
      // The microtask lets the other callers of this turn join the first commit.
      running ??= Promise.resolve().then(run);
    },
    commit<T>(write: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let result: { readonly value: T } | undefined;
        group.enqueue({
          write: () => {
            result = { value: write() };
          },
          committed: () => {
            if (result !== undefined) resolve(result.value);
          },
          failed: reject,
        });
      });
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await running;
    },
  };
  return group;
}

/** lmdb-js says only that the commit failed; why, it says by rejecting `commitError`, which nobody else handles. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function unavailable(cause: unknown): CecochatError {
  const reason = messageFrom(cause);
  return new CecochatError('engine.unavailable', `writing to the data folder failed: ${reason}`, {
    hint: 'Check that the disk has room and is writable.',
    cause,
  });
}
