/**
 * The configuration as a stream: what it is now, then every newer version with the changes since the last.
 */
import type { ConfigChange, ConfigDb, ConfigSnapshot } from '../config-db/config-db.ts';

export interface ConfigStep {
  readonly snapshot: ConfigSnapshot;
  readonly changes: readonly ConfigChange[];
}

const maxChanges = 100;

/** Ends when the signal aborts. A slow reader gets several changes in one step. */
export async function* followChanges(configDb: ConfigDb, signal: AbortSignal): AsyncGenerator<ConfigStep, void> {
  let wake = (): void => undefined;
  let dirty = true;
  const touch = (): void => {
    dirty = true;
    wake();
  };
  signal.addEventListener('abort', touch, { once: true });
  await using _subscription = configDb.watch(touch);
  let last: number | undefined;
  while (!signal.aborted) {
    if (!dirty) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    dirty = false;
    const snapshot = await configDb.read();
    if (snapshot.version === last) continue;
    const since = last;
    last = snapshot.version;
    const changes = since === undefined ? [] : await changesBetween(configDb, since, last);
    yield { snapshot, changes };
  }
}

/** Oldest first. */
async function changesBetween(configDb: ConfigDb, after: number, upTo: number): Promise<readonly ConfigChange[]> {
  const log = await configDb.log(Math.min(upTo - after, maxChanges));
  return log.filter(({ version }) => version > after && version <= upTo).toReversed();
}
