/**
 * Brings a component's tables to the newest version. One process at a time does so, under a lock that ends by
 * itself; steps may be run again, so one that was cut short is simply repeated. A version is recorded when all
 * nodes agree on its schema. A schema newer than this program knows is left alone and refused.
 */
import { createHash } from 'node:crypto';
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import type { CassandraSession, Schema } from './cassandra-session.ts';
import { numberIn } from './row-values.ts';

export interface MigrationDependencies {
  readonly session: Pick<CassandraSession, 'keyspace' | 'read' | 'write' | 'conditional'>;
  /** Names this process. */
  readonly holder: string;
  /** Runs a statement that alters the schema and resolves when all nodes that are up agree on it. */
  alter(statement: string): Promise<void>;
  readonly clock: Clock;
}

const lockSeconds = 60;
/** So long before its end, at the latest, the lock is renewed. */
const renewBeforeMs = 50_000;
const lockPollMs = 200;
const lockWaitMs = 150_000;

export async function migrate(deps: MigrationDependencies, schema: Schema): Promise<void> {
  const newest = schema.steps.at(-1)?.version ?? 0;
  if (check(schema, { found: await versionOrNone(deps, schema), newest }) === newest) return;
  for (const statement of bootstrap(deps.session.keyspace)) await deps.alter(statement);
  const isDone = async (): Promise<boolean> => check(schema, { found: await version(deps, schema), newest }) === newest;
  const lock = await takeLock(deps, isDone);
  if (lock === undefined) return;
  try {
    const found = check(schema, { found: await version(deps, schema), newest });
    for (const step of schema.steps.filter((each) => each.version > found)) {
      for (const statement of step.statements) {
        await lock.renew();
        await deps.alter(statement);
      }
      const insert = 'INSERT INTO schema_versions (component, version) VALUES (?, ?)';
      await deps.session.write([{ query: insert, params: [schema.component, step.version] }]);
    }
  } finally {
    await lock.release();
  }
}

function check(schema: Schema, versions: { readonly found: number; readonly newest: number }): number {
  const { found, newest } = versions;
  if (found <= newest) return found;
  throw new CecochatError(
    'data.newer',
    `the ${schema.component} tables have version ${found}; this program knows ${newest}`,
    { hint: 'start a newer cecochat', data: { found: String(found), known: String(newest) } },
  );
}

/**
 * Made without a lock. Nodes that make the same table at the same time give it different ids, which breaks it:
 * these have theirs given, from the keyspace's name.
 */
function bootstrap(keyspace: string): readonly string[] {
  const id = (table: string): string => {
    const hex = createHash('sha256').update(`${keyspace}.${table}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-1${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
  return [
    `CREATE TABLE IF NOT EXISTS schema_versions (component text, version int, PRIMARY KEY (component, version))
       WITH id = ${id('schema_versions')} AND CLUSTERING ORDER BY (version DESC)`,
    `CREATE TABLE IF NOT EXISTS schema_locks (name text PRIMARY KEY, holder text) WITH id = ${id('schema_locks')}`,
  ];
}

/** 0 also when the table is missing, or just being made by another process: what is wrong shows again below. */
function versionOrNone(deps: MigrationDependencies, schema: Schema): Promise<number> {
  return version(deps, schema).catch(() => 0);
}

async function version(deps: MigrationDependencies, schema: Schema): Promise<number> {
  const query = 'SELECT version FROM schema_versions WHERE component = ? LIMIT 1';
  const [row] = await deps.session.read({ query, params: [schema.component] });
  return row === undefined ? 0 : numberIn(row, 'version');
}

interface Lock {
  /** To be called before each statement. Error: engine.unavailable when it is another process's by now. */
  renew(): Promise<void>;
  /** One that cannot be released ends by itself. */
  release(): Promise<void>;
}

/**
 * Undefined: another process has done the work meanwhile. Who waits only reads: a conditional write is four round
 * trips of the nodes, and a dozen waiting processes would keep them from what they wait for.
 */
async function takeLock(deps: MigrationDependencies, isDone: () => Promise<boolean>): Promise<Lock | undefined> {
  const { session, holder, clock } = deps;
  const look = "SELECT holder FROM schema_locks WHERE name = 'migrations'";
  const insert = `INSERT INTO schema_locks (name, holder) VALUES ('migrations', ?) IF NOT EXISTS USING TTL ${lockSeconds}`;
  const startedMs = clock.monotonicMs();
  for (;;) {
    const takenMs = clock.monotonicMs();
    if ((await session.read({ query: look, params: [] })).length === 0) {
      const { applied, row } = await session.conditional({ query: insert, params: [holder] });
      if (applied || row?.get('holder') === holder) return heldLock(deps, takenMs);
    }
    if (clock.monotonicMs() - startedMs > lockWaitMs) {
      throw new CecochatError('engine.unavailable', 'another process has been migrating the schema for too long');
    }
    await clock.sleep(lockPollMs);
    if (await isDone()) return undefined;
  }
}

/** `takenMs`: monotonic, before it was asked for. */
function heldLock({ session, holder, clock }: MigrationDependencies, takenMs: number): Lock {
  const keep = `UPDATE schema_locks USING TTL ${lockSeconds} SET holder = ? WHERE name = 'migrations' IF holder = ?`;
  const remove = "DELETE FROM schema_locks WHERE name = 'migrations' IF holder = ?";
  let heldFromMs = takenMs;
  return {
    async renew() {
      const nowMs = clock.monotonicMs();
      if (nowMs - heldFromMs < lockSeconds * 1000 - renewBeforeMs) return;
      const { applied } = await session.conditional({ query: keep, params: [holder, holder] });
      if (!applied) {
        throw new CecochatError('engine.unavailable', 'another process took over the migration of the schema');
      }
      heldFromMs = nowMs;
    },
    async release() {
      await session.conditional({ query: remove, params: [holder] }).catch(() => undefined);
    },
  };
}
