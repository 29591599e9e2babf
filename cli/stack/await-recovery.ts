/**
 * Servers that run find an engine again that was away. Starting them anew takes far longer: one that stops waits for
 * its engine too, to end in order.
 */
import type { Looked, Watching } from './await-restarts.ts';
import type { StackInspection } from './inspect-stack.ts';

const pollMs = 200;
/** Servers ask their engines once a second, and one that was killed refuses at once. */
const steadyMs = 1_500;
const mostMs = 20_000;

/** Whether all servers of a stack run, ready or not, as processes of their own. */
export function canRecover({ condition, state }: Pick<StackInspection, 'condition' | 'state'>): boolean {
  const processes = state?.processes ?? [];
  const runs = condition === 'ready' || condition === 'unhealthy';
  return runs && processes.length > 0 && processes.every((one) => one.state === 'running');
}

/** With the engines up: true once all servers are ready and stay so; false when they are not in 20 s, or one ends. */
export async function awaitRecovery({ clock, signal, look }: Watching<Looked>): Promise<boolean> {
  const endMs = clock.monotonicMs() + mostMs;
  let readySinceMs: number | undefined;
  for (;;) {
    const found = await look();
    const nowMs = clock.monotonicMs();
    if (!canRecover(found)) return false;
    if (found.condition !== 'ready') readySinceMs = undefined;
    else if (nowMs - (readySinceMs ??= nowMs) >= steadyMs) return true;
    if (nowMs >= endMs) return found.condition === 'ready';
    await clock.sleep(pollMs, signal);
  }
}
