/**
 * What a starting stack writes to its configuration: the keys that are missing, and where its servers are.
 */
import type { ConfigDb, ConfigSnapshot, ConfigValue } from '../config-db/config-db.ts';
import { diffConfig, seedValues, type SeedPlan } from '../config-db/dynamic-config-seed.ts';
import { configKeys } from '../config-db/dynamic-config.ts';
import { CecochatError } from '../core/errors.ts';

const attempts = 10;

/** Seeds what is missing and keeps what is there. */
export function seedConfiguration(configDb: ConfigDb, plan: SeedPlan & { author: string }): Promise<void> {
  return change(configDb, plan.author, (present) => seedValues(present, plan));
}

/** Addresses of servers that are not named stay as they are. */
export function publishAddresses(
  configDb: ConfigDb,
  given: { author: string; messaging: Readonly<Record<string, string>>; history: string | undefined },
): Promise<void> {
  return change(configDb, given.author, ({ values }) => {
    const known = values.get(configKeys.serverAddresses);
    const addresses = { ...(typeof known === 'object' ? known : {}), ...given.messaging };
    const wanted = new Map<string, ConfigValue>([[configKeys.serverAddresses, addresses]]);
    if (given.history !== undefined) wanted.set(configKeys.historyServerAddress, given.history);
    return wanted;
  });
}

/** Writes only what differs; tries again when another change comes between. */
async function change(
  configDb: ConfigDb,
  author: string,
  wanted: (present: ConfigSnapshot) => ReadonlyMap<string, ConfigValue>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const present = await configDb.read();
    const values = diffConfig(present.values, new Map([...present.values, ...wanted(present)]));
    if (values.size === 0) return;
    try {
      await configDb.apply({ expectedVersion: present.version, author, values });
      return;
    } catch (error) {
      if (!(error instanceof CecochatError && error.code === 'config.conflict') || attempt === attempts) throw error;
    }
  }
}
