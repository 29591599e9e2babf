/**
 * Slows down guessing of passwords: after a few failures for one name, or from one address, each further
 * attempt has to wait, twice as long each time, and comes alone, so that many at once gain little. Kept in
 * memory, bounded; forgotten after a quiet time.
 */
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';

export interface GuessRules {
  /** Failures that cost nothing. */
  readonly free: number;
  /** Attempts that may be on their way together before that. */
  readonly atOnce: number;
  /** A right password wipes the failures out. */
  readonly forgiving: boolean;
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
  /** Failures are forgotten this long after the last one. */
  readonly forgetMs: number;
}

/** `unknown`: the answer was not found out. */
export type GuessOutcome = 'right' | 'wrong' | 'unknown';

export interface GuessLimit {
  /** login.limited while the key has to wait. The attempt must be settled, once. */
  attempt(key: string): { settle(outcome: GuessOutcome): void };
}

interface Guesses {
  failures: number;
  pending: number;
  waitUntilMs: number;
  lastMs: number;
}

const maxKeys = 100_000;
const busyWaitMs = 1_000;

export function createGuessLimit(deps: { clock: Clock; rules: GuessRules; what: string }): GuessLimit {
  const { clock, rules, what } = deps;
  const known = new Map<string, Guesses>();

  const take = (key: string, nowMs: number): Guesses => {
    const found = known.get(key);
    known.delete(key);
    const guesses = found ?? { failures: 0, pending: 0, waitUntilMs: 0, lastMs: nowMs };
    if (nowMs - guesses.lastMs > rules.forgetMs) guesses.failures = 0;
    const oldest = known.keys().next().value;
    if (known.size >= maxKeys && oldest !== undefined) known.delete(oldest);
    known.set(key, guesses);
    return guesses;
  };
  return {
    attempt(key) {
      const nowMs = clock.monotonicMs();
      const guesses = take(key, nowMs);
      if (nowMs < guesses.waitUntilMs) throw limited(what, Math.ceil(guesses.waitUntilMs - nowMs));
      const atOnce = guesses.failures < rules.free ? rules.atOnce : 1;
      if (guesses.pending >= atOnce) throw limited(what, busyWaitMs);
      guesses.pending += 1;
      return {
        settle(outcome) {
          guesses.pending -= 1;
          if (outcome === 'right' && rules.forgiving) guesses.failures = 0;
          if (outcome !== 'wrong') return;
          guesses.failures += 1;
          guesses.lastMs = clock.monotonicMs();
          const over = guesses.failures - rules.free;
          if (over < 0) return;
          guesses.waitUntilMs = guesses.lastMs + Math.min(rules.firstWaitMs * 2 ** over, rules.maxWaitMs);
        },
      };
    },
  };
}

function limited(what: string, waitMs: number): CecochatError {
  return new CecochatError('login.limited', `too many failed logins ${what}; try again in ${seconds(waitMs)}`, {
    hint: `wait ${seconds(waitMs)}, or let an administrator set a new password`,
    data: { retryAfterMs: String(waitMs) },
  });
}

function seconds(ms: number): string {
  const count = Math.ceil(ms / 1000);
  return `${count} ${count === 1 ? 'second' : 'seconds'}`;
}
