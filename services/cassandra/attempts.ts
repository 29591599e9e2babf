/**
 * Tries that stop. What is transient is tried again, slower each time, until `giveUpMs`; then it is
 * engine.unavailable. What a node refuses, or fails at again and again, is StatementRefused: the statement may
 * be at fault, and its sender decides.
 */
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import { faultOf, nodeOf, reasonOf } from './driver-errors.ts';

/** Never leaves the folders of Cassandra. */
export class StatementRefused extends Error {
  /** The node that refused it; undefined when it was not sent. */
  get node(): string | undefined {
    return nodeOf(this.cause);
  }

  constructor(reason: string, cause: unknown) {
    super(reason, { cause });
    this.name = 'StatementRefused';
  }
}

export interface Attempts {
  /** `work` learns how often it was tried before. */
  run<T>(work: (before: number) => Promise<T>): Promise<T>;
}

const firstRestMs = 10;
const mostRestMs = 500;
const mostAnswered = 5;

export function createAttempts(deps: {
  readonly clock: Clock;
  readonly giveUpMs: number;
  /** "127.0.0.1:9042", for messages. */
  readonly where: string;
  readonly closed: AbortSignal;
}): Attempts {
  const { clock, giveUpMs, where, closed } = deps;
  return {
    async run(work) {
      const startedMs = clock.monotonicMs();
      let restMs = firstRestMs;
      let answered = 0;
      for (let before = 0; ; before += 1) {
        if (closed.aborted) throw new CecochatError('engine.unavailable', 'the session with Cassandra is closed');
        try {
          return await work(before);
        } catch (cause) {
          if (cause instanceof CecochatError) throw cause;
          const fault = faultOf(cause);
          const reason = reasonOf(cause);
          if (fault === 'answered') answered += 1;
          if (fault === 'refused' || answered >= mostAnswered) throw new StatementRefused(reason, cause);
          if (fault === 'denied' || clock.monotonicMs() - startedMs + restMs > giveUpMs) {
            throw unavailable(where, { reason, cause });
          }
        }
        await clock.sleep(restMs, closed).catch(() => undefined);
        restMs = Math.min(2 * restMs, mostRestMs);
      }
    },
  };
}

export function unavailable(where: string, fault: { readonly reason: string; readonly cause: unknown }): CecochatError {
  return new CecochatError('engine.unavailable', `Cassandra (${where}) does not answer: ${fault.reason}`, {
    cause: fault.cause,
  });
}
