/**
 * What a client does after its stream ended or could not be opened: the retry rule of the error decides,
 * chance spreads clients that lost the same server.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Random } from '../../services/core/random.ts';

export type NextStep =
  | { readonly kind: 'stop'; readonly error: Error }
  | {
      readonly kind: 'reconnect';
      readonly delayMs: number;
      /** Ask connect for the address again. */
      readonly discover: boolean;
      /** Get a fresh token first. */
      readonly renew: boolean;
      /** The cursor is of no use: fill from history first. */
      readonly backfill: boolean;
    };

export interface Loss {
  readonly error: Error;
  /** Losses in a row without a Welcome between them, this one included. */
  readonly failures: number;
  /** `unauthenticated` losses in a row, this one included. */
  readonly unauthenticated: number;
}

const firstDelayMs = 50;
/**
 * A dead server's lease ends after two seconds, and its partitions are taken over within some more: until then there
 * is no point in waiting longer. So many failures are about ten seconds.
 */
const patientDelayMs = 600;
const patientFailures = 25;
const longestDelayMs = 10_000;

/** Between half of and the whole delay: 50 ms, 100 ms … 0.6 s for the first 25, then 1.2 s, 2.4 s … 10 s. */
export function backoffMs(failures: number, random: Random): number {
  const full =
    failures <= patientFailures
      ? Math.min(patientDelayMs, firstDelayMs * 2 ** (failures - 1))
      : Math.min(longestDelayMs, patientDelayMs * 2 ** Math.min(failures - patientFailures, 20));
  return full / 2 + random.next() * (full / 2);
}

export function nextStep(loss: Loss, random: Random): NextStep {
  const { error, failures } = loss;
  if (!(error instanceof CecochatError)) return { kind: 'stop', error };
  // The first attempt after an orderly end need not wait long, but thousands end at once.
  const delayMs = failures <= 1 ? random.next() * firstDelayMs : backoffMs(failures, random);
  const again = { kind: 'reconnect', delayMs, discover: false, renew: false, backfill: false } as const;
  if (error.code === 'unauthenticated' && loss.unauthenticated <= 1) return { ...again, renew: true };
  if (error.code === 'feed.expired' && failures <= 3) return { ...again, backfill: true };
  switch (error.retry) {
    case 'never':
      return { kind: 'stop', error };
    case 'refresh':
      return { ...again, discover: true };
    case 'resume':
      return again;
    case 'backoff':
      return { ...again, delayMs: backoffMs(failures, random), discover: true };
  }
}
