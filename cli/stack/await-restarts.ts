/**
 * Gives a supervisor the time to start a server again, before anybody starts the whole stack again for it.
 */
import type { Environment } from '../commands/environment.ts';
import { inspectStack, type StackInspection } from './inspect-stack.ts';

const pollMs = 100;
const mostMs = 10_000;

/** What is true of the stack afterwards: at once, unless all that ails it is that servers are being started again. */
export async function awaitRestarts(environment: Environment, before: StackInspection): Promise<StackInspection> {
  const { clock, signal } = environment;
  const endMs = clock.monotonicMs() + mostMs;
  let found = before;
  while (isRestarting(found) && clock.monotonicMs() < endMs) {
    await clock.sleep(pollMs, signal);
    found = await inspectStack(environment, before.name);
  }
  return found;
}

function isRestarting({ condition, health, state }: StackInspection): boolean {
  const down = health.filter((one) => one.state !== 'ready').map(({ server }) => server.serverId);
  const restarting = (state?.processes ?? []).filter((one) => one.state === 'waiting' || one.state === 'starting');
  return condition === 'unhealthy' && down.every((id) => restarting.some(({ serverId }) => serverId === id));
}
