/**
 * Asks an engine once a second whether it answers, so that a server that is nothing without it is not ready while
 * it is away, and ready again by itself. An answer that takes too long counts as none until it is there.
 */
import { messageFrom } from '../core/thrown.ts';
import type { Clock } from '../core/time/clock.ts';
import type { Log } from './log.ts';

const askEveryMs = 1_000;
const slowMs = 3_000;

export interface EngineProbe extends AsyncDisposable {
  /** Why the engine cannot be used now, in words; empty when it answers. */
  readonly notReady: () => readonly string[];
}

export interface EngineProbeDependencies {
  /** "the history database" */
  readonly engine: string;
  /** A question whose answer does not matter. */
  readonly ask: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The engine has just been opened: until the first answer it counts as there. */
export function startEngineProbe({ engine, ask, clock, log }: EngineProbeDependencies): EngineProbe {
  let failure: string | undefined;
  let askedMs: number | undefined;

  const settle = (outcome: string | undefined, error?: unknown): void => {
    if (failure === undefined && outcome !== undefined) log.warn({ err: error }, `${engine} does not answer`);
    if (failure !== undefined && outcome === undefined) log.info({}, `${engine} answers again`);
    failure = outcome;
    askedMs = undefined;
  };
  const look = (): void => {
    if (askedMs !== undefined) return;
    askedMs = clock.monotonicMs();
    ask().then(
      () => settle(undefined),
      (error: unknown) => settle(messageFrom(error), error),
    );
  };
  const asking = clock.every(askEveryMs, look);

  return {
    notReady() {
      if (failure !== undefined) return [`${engine}: ${failure}`];
      const waitedMs = askedMs === undefined ? 0 : clock.monotonicMs() - askedMs;
      return waitedMs < slowMs ? [] : [`${engine} has not answered for ${Math.round(waitedMs / 1000)} s`];
    },
    async [Symbol.asyncDispose]() {
      asking.cancel();
    },
  };
}
