/**
 * Frames of clients, so many a turn of the event loop. libuv hands over up to 48 times 1 024 ready sockets before
 * timers and other work get their turn: fifteen thousand clients that send at once held it for 5 to 20 s, longer
 * than a lease. What a turn has no time for waits here, one frame a stream; the rest waits in the transport.
 */
import type { Clock } from '../core/time/clock.ts';

/** The transport's side of a stream that clients write to. */
export interface Source {
  pause(): void;
  resume(): void;
}

export interface Intake {
  /** Handles the frame at once, or later, before any other of this source. */
  take(source: Source, handle: () => void): void;
  /** Frames that wait. */
  readonly waiting: number;
}

export interface IntakeOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Runs the work in the next turn, after what is ready now. */
  readonly defer: (work: () => void) => void;
}

/** Long enough to commit many appends together, short against leases, deadlines and what a person notices. */
const turnMs = 20;

export function createIntake({ clock, defer }: IntakeOptions): Intake {
  let waiting: { readonly source: Source; readonly handle: () => void }[] = [];
  let head = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  let isDeferred = false;

  const hasTime = (): boolean => clock.monotonicMs() < untilMs;
  const deferTurn = (): void => {
    if (isDeferred) return;
    isDeferred = true;
    untilMs = clock.monotonicMs() + turnMs;
    defer(turn);
  };
  const turn = (): void => {
    isDeferred = false;
    if (waiting.length === 0) return;
    deferTurn();
    for (let next = waiting[head]; next !== undefined && hasTime(); next = waiting[head]) {
      head += 1;
      next.handle();
      next.source.resume();
    }
    waiting = waiting.slice(head);
    head = 0;
  };

  return {
    take(source, handle) {
      deferTurn();
      if (waiting.length === head && hasTime()) {
        handle();
        return;
      }
      source.pause();
      waiting.push({ source, handle });
    },
    get waiting() {
      return waiting.length - head;
    },
  };
}
