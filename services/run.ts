/**
 * Starts all servers in one process, or one server. What they are made of is loaded when they are started.
 */
import { letGarbageGather } from './runtime/heap-growth.ts';
import type { ServerName, RunningServer } from './runtime/server.ts';
import type { OneOptions, RunningStack, StackOptions } from './run/options.ts';

export type { ExternalEngineOptions } from './runtime/engine-options.ts';
export type { EngineGate } from './runtime/engines.ts';
export type { LogLevel } from './runtime/pino-log.ts';
export type { RunningServer } from './runtime/server.ts';
export type { OneOptions, RunningStack, Seed, StackOptions } from './run/options.ts';
export { externalEnginesOf, settingsReference } from './run/declared-settings.ts';

/** Listens everywhere when it resolves. Errors: data.*, port.busy, settings.invalid, the signal's reason; nothing stays open then. */
export async function startAll(options: StackOptions): Promise<RunningStack> {
  letGarbageGather();
  const { startAll: start } = await import('./run/start-all.ts');
  return start(options);
}

/** One server over engines of its own. Errors: settings.invalid with all faults, and those of startAll. */
export async function startOne(name: ServerName, options: OneOptions): Promise<RunningServer> {
  letGarbageGather();
  const { startOne: start } = await import('./run/start-one.ts');
  return start(name, options);
}
