/**
 * Questions to the same broker that come together, or while it still answers the one before, travel in one request:
 * a server that takes hundreds of partitions over asks a few times instead of hundreds.
 */
import type { Clock } from '../../core/time/clock.ts';

export interface Gatherer<Q, A> {
  ask(node: number, question: Q): Promise<A>;
}

export interface GatherOptions<Q, A> {
  /** One request. What it answers gives each question's answer, or throws its error. */
  readonly send: (node: number, questions: readonly Q[]) => Promise<(question: Q) => A>;
  /** Whether one more fits into a request with these. */
  readonly fits: (questions: readonly Q[], more: Q) => boolean;
  /** Runs `work` after the present turn. */
  readonly defer: (work: () => void) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** How long answers are worked on before timers (the lease's renewal above all) get their turn. */
const turnMs = 5;

interface Asked<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

export function createGatherer<Q, A>({ send, fits, defer, clock }: GatherOptions<Q, A>): Gatherer<Q, A> {
  /** By broker; there while a request is on its way or about to be. */
  const waiting = new Map<number, Asked<Q, A>[]>();

  const next = (asked: Asked<Q, A>[]): Asked<Q, A>[] => {
    const taken: Asked<Q, A>[] = [];
    const questions: Q[] = [];
    const left: Asked<Q, A>[] = [];
    for (const one of asked.splice(0)) {
      if (questions.length > 0 && !fits(questions, one.question)) left.push(one);
      else {
        taken.push(one);
        questions.push(one.question);
      }
    }
    asked.push(...left);
    return taken;
  };

  const work = async (node: number, asked: Asked<Q, A>[]): Promise<void> => {
    while (asked.length > 0) {
      const taken = next(asked);
      try {
        const answer = await send(
          node,
          taken.map(({ question }) => question),
        );
        let turnSinceMs = clock.monotonicMs();
        for (const { question, resolve, reject } of taken) {
          settle({ resolve, reject }, () => answer(question));
          // Lets what follows from the answer run. A turn of the loop for each made up most of a take-over's time.
          await Promise.resolve();
          if (clock.monotonicMs() - turnSinceMs < turnMs) continue;
          await new Promise<void>(defer);
          turnSinceMs = clock.monotonicMs();
        }
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    waiting.delete(node);
  };

  return {
    ask: (node, question) =>
      new Promise<A>((resolve, reject) => {
        const known = waiting.get(node);
        const asked = known ?? [];
        asked.push({ question, resolve, reject });
        if (known !== undefined) return;
        waiting.set(node, asked);
        defer(() => void work(node, asked));
      }),
  };
}

function settle<A>(one: { resolve: (answer: A) => void; reject: (error: unknown) => void }, answer: () => A): void {
  try {
    one.resolve(answer());
  } catch (error) {
    one.reject(error);
  }
}
