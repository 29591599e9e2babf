/**
 * What acquires returns an AsyncDisposable. A Scope disposes many, last acquired first, and reports every
 * failure instead of stopping at the first one.
 */
export interface Scope extends AsyncDisposable {
  /** Registers and returns it, so that `scope.use(await openX())` reads in one line. */
  use<T extends AsyncDisposable>(resource: T): T;
  /** Registers a step of the clean-up. */
  defer(work: () => void | Promise<void>): void;
}

export function createScope(): Scope {
  const steps: (() => void | Promise<void>)[] = [];
  return {
    use(resource) {
      steps.push(() => Promise.resolve(resource[Symbol.asyncDispose]()));
      return resource;
    },
    defer(work) {
      steps.push(work);
    },
    async [Symbol.asyncDispose]() {
      const faults: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          faults.push(error);
        }
      }
      if (faults.length === 1) throw faults[0];
      if (faults.length > 1) throw new AggregateError(faults, `${faults.length} steps of the clean-up failed`);
    },
  };
}

/** What `open` has acquired by the scope is disposed of again when it fails. The scope goes on with its result. */
export async function openInScope<T>(open: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = createScope();
  try {
    return await open(scope);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}
