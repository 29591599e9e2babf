/**
 * Says why a send waits: each reason once, not at every try, and again when the time is over.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { stackHint } from '../../output/stack-hint.ts';

export interface Waiting {
  /** Why it waits now; undefined: it no longer does. */
  readonly because: (error: Error | undefined) => void;
  /** "; it waited because: <why>", or "". */
  readonly suffix: string;
}

export function createWaiting(progress: (line: string) => void, stackName: string): Waiting {
  let reason: string | undefined;
  return {
    because(error) {
      const next = error === undefined ? undefined : withHint(error, stackName);
      if (next === reason) return;
      reason = next;
      if (next !== undefined) progress(`waiting: ${next}`);
    },
    get suffix() {
      return reason === undefined ? '' : `; it waited because: ${reason}`;
    },
  };
}

function withHint(error: Error, stackName: string): string {
  const hint = error instanceof CecochatError ? error.hint : undefined;
  return hint === undefined ? error.message : `${error.message} (${stackHint(hint, stackName)})`;
}
