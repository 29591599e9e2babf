/**
 * Follows the dynamic configuration for a server: the last good one, and what is wrong with a newer one.
 */
import type { Clock } from '../core/time/clock.ts';
import type { ConfigDb } from './config-db.ts';
import { parseDynamicConfig, type ConfigFault, type DynamicConfig } from './dynamic-config.ts';

export interface ConfigWatcher extends AsyncDisposable {
  /** The last good configuration; undefined before the first. */
  current(): DynamicConfig | undefined;
  /** Why there is none, or the newest is not in use, in words; empty when all is well. */
  faults(): readonly string[];
}

export interface ConfigWatcherDeps {
  readonly configDb: ConfigDb;
  readonly clock: Clock;
  readonly changed?: (config: DynamicConfig) => void;
  readonly refused?: (version: number, faults: readonly ConfigFault[]) => void;
}

const retryMs = 500;

/** Has read once when it resolves; a database that does not answer is asked again until it does. */
export async function openConfigWatcher(deps: ConfigWatcherDeps): Promise<ConfigWatcher> {
  const { configDb, clock, changed, refused } = deps;
  const stop = new AbortController();
  let current: DynamicConfig | undefined;
  let problems: readonly string[] = ['the dynamic configuration is not read yet'];
  let dirty = false;
  let running: Promise<void> | undefined;

  const readOnce = async (): Promise<void> => {
    const snapshot = await configDb.read();
    const parsed = parseDynamicConfig(snapshot);
    if ('faults' in parsed) {
      problems = parsed.faults.map(describeFault);
      refused?.(snapshot.version, parsed.faults);
      return;
    }
    problems = [];
    const known = current?.version;
    current = parsed.config;
    if (known !== parsed.config.version) changed?.(parsed.config);
  };
  const work = async (): Promise<void> => {
    while (dirty && !stop.signal.aborted) {
      dirty = false;
      try {
        await readOnce();
      } catch (error) {
        problems = [
          `the configuration database does not answer: ${error instanceof Error ? error.message : 'unknown'}`,
        ];
        dirty = true;
        await clock.sleep(retryMs, stop.signal).catch(() => undefined);
      }
    }
    running = undefined;
  };
  const refresh = (): void => {
    dirty = true;
    running ??= work();
  };
  const subscription = configDb.watch(refresh);
  try {
    await readOnce();
  } catch {
    refresh();
  }
  return {
    current: () => current,
    faults: () => problems,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await subscription[Symbol.asyncDispose]();
      await running;
    },
  };
}

export function describeFault({ key, value, reason }: ConfigFault): string {
  return value === '' ? `${key} ${reason}` : `${key} = ${JSON.stringify(value)} ${reason}`;
}
