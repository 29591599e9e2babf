/**
 * Gives a supervisor the time to start a server again, before anybody starts the whole stack again for it.
 */
import type { Clock } from '../../services/core/time/clock.ts';
import type { StackInspection } from './inspect-stack.ts';

export type Looked = Pick<StackInspection, 'condition' | 'state'>;

export interface Watching<T extends Looked> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly look: () => Promise<T>;
}

const pollMs = 100;
const mostMs = 10_000;

/** What is true of the stack afterwards: at once, unless a server of it is being started again; then within 10 s. */
export async function awaitRestarts<T extends Looked>({ clock, signal, look }: Watching<T>): Promise<T> {
  const before = await look();
  if (!isRestarting(before)) return before;
  const endMs = clock.monotonicMs() + mostMs;
  let found = before;
  // The others may have to take its partitions over meanwhile, so it is waited for all of them.
  while (found.condition === 'unhealthy' && clock.monotonicMs() < endMs) {
    await clock.sleep(pollMs, signal);
    found = await look();
  }
  return found;
}

function isRestarting({ condition, state }: Looked): boolean {
  const processes = state?.processes ?? [];
  return condition === 'unhealthy' && processes.some((one) => one.state === 'waiting' || one.state === 'starting');
}
