/**
 * What cannot be changed of a stack while it runs: `up` with another wish is refused, and says what helps.
 * Errors: usage.invalid.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { StackInspection } from './inspect-stack.ts';
import type { Backends, ServerHosting } from './stack-files.ts';
import { readEngines } from './state.ts';

export function refuseOtherBackends(found: StackInspection, backends: Backends | undefined): void {
  const { name, state } = found;
  if (!runs(found) || state === undefined || backends === undefined || state.backends === backends) return;
  throw refusal(found, {
    message: `stack "${name}" runs on ${state.backends} engines, not on ${backends} ones`,
    hint: `stop it first with "${down(name)}", or give the new one another name with --name; data does not move`,
  });
}

export function refuseOtherHosting(found: StackInspection, servers: ServerHosting | undefined): void {
  const { name, state } = found;
  const now = state?.hosting ?? 'processes';
  if (!runs(found) || servers === undefined || servers === now) return;
  throw refusal(found, {
    message: `the servers of stack "${name}" run as ${now}, not as ${servers}`,
    hint: `stop it first with "${down(name)}"; its data stays`,
  });
}

/** By the addresses that were given; they may hold a password, so they are not shown. */
export async function refuseOtherEngines(
  found: StackInspection,
  engines: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  if (!runs(found) || engines === undefined) return;
  const { name, folders } = found;
  const now = (await readEngines(folders))?.settings ?? {};
  const [other] = Object.keys(engines).filter((setting) => setting !== 'backend' && engines[setting] !== now[setting]);
  if (other === undefined) return;
  throw refusal(found, {
    message: `stack "${name}" runs already, and was started with another --${other}`,
    hint: `stop it first with "${down(name)}", or give the new one another name with --name; data does not move`,
  });
}

function runs({ condition }: StackInspection): boolean {
  return condition === 'ready' || condition === 'starting' || condition === 'unhealthy';
}

function down(name: string): string {
  return name === 'default' ? 'cecochat down' : `cecochat down --name ${name}`;
}

function refusal({ name }: StackInspection, { message, hint }: { message: string; hint: string }): CecochatError {
  return new CecochatError('usage.invalid', message, { hint, data: { stack: name } });
}
