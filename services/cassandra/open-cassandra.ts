/**
 * Opens a session with Cassandra: one per process, shared by the databases that live there. Nothing of the
 * driver leaves it: errors are engine.unavailable, or settings.invalid when connecting.
 */
import { setMaxListeners } from 'node:events';
import { randomUUID } from 'node:crypto';
import { types, type QueryOptions } from 'cassandra-driver';
import { CecochatError } from '../core/errors.ts';
import { createAttempts, StatementRefused, unavailable } from './attempts.ts';
import { openClient, type OpenClient } from './cassandra-client.ts';
import { checkCassandraOptions, type CassandraOptions } from './cassandra-options.ts';
import type { CassandraSession, Conditional, Statement } from './cassandra-session.ts';
import { isAboutText, reasonOf } from './driver-errors.ts';
import { checkDurability, schemaVersions } from './keyspace.ts';
import { migrate } from './migrations.ts';
import { onlyOn } from './one-node.ts';
import type { Row } from './row-values.ts';
import { createSlots } from './slots.ts';

const writesAtOnce = 128;
const readsAtOnce = 128;
const mostWaiting = 20_000;
const pageRows = 500;
const agreementMs = 60_000;
const agreementPollMs = 100;

const prepared = { prepare: true, isIdempotent: true } as const;

/** Errors: settings.invalid (what is given, credentials, data centre, commit log), engine.unavailable. */
export async function openCassandra(options: CassandraOptions): Promise<CassandraSession> {
  checkCassandraOptions(options);
  const closing = new AbortController();
  // As many wait at a time as there are calls on their way.
  setMaxListeners(0, closing.signal);
  const open = await openClient(options, closing.signal);
  try {
    return build(open, { options, durability: await checkDurability(open.client, options), closing });
  } catch (error) {
    closing.abort();
    await open.close();
    if (error instanceof CecochatError) throw error;
    throw unavailable(options.contactPoints.join(', '), { reason: reasonOf(error), cause: error });
  }
}

interface Given {
  readonly options: CassandraOptions;
  readonly durability: string;
  readonly closing: AbortController;
}

function build({ client, close }: OpenClient, { options, durability, closing }: Given): CassandraSession {
  const { keyspace, clock } = options;
  const where = options.contactPoints.join(', ');
  const attempts = createAttempts({ clock, giveUpMs: options.giveUpMs ?? 8_000, where, closed: closing.signal });
  const writes = createSlots({ atOnce: writesAtOnce, waiting: mostWaiting });
  const reads = createSlots({ atOnce: readsAtOnce, waiting: mostWaiting });

  const notTaken = (refused: StatementRefused): CecochatError =>
    unavailable(where, { reason: refused.message, cause: refused });
  /** A query that is refused is no one's input: a table or a permission is missing. */
  const engineOnly = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof StatementRefused ? notTaken(error) : error;
    }
  };
  const page = ({ query, params }: Statement, more: QueryOptions): Promise<types.ResultSet> =>
    reads.run(() => attempts.run(() => client.execute(query, [...params], { ...prepared, ...more })));
  const send = (statements: readonly Statement[], node?: string): Promise<void> =>
    writes.run(() =>
      attempts.run(async () => {
        const [only] = statements;
        if (only === undefined) return;
        const host = node === undefined ? undefined : client.hosts.get(node);
        const where = { ...prepared, ...(host === undefined ? {} : onlyOn(host)) };
        if (statements.length === 1) await client.execute(only.query, [...only.params], where);
        else {
          const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
          await client.batch(queries, { ...where, logged: false });
        }
      }),
    );

  const session: CassandraSession = {
    keyspace,
    durability,
    async read(statement) {
      const rows: Row[] = [];
      let pageState: string | undefined;
      do {
        const found = await engineOnly(
          page(statement, { fetchSize: pageRows, ...(pageState === undefined ? {} : { pageState }) }),
        );
        for (const row of found.rows) rows.push(row);
        pageState = found.pageState ?? undefined;
      } while (pageState !== undefined);
      return rows;
    },
    async readSerial(statement) {
      const found = await engineOnly(page(statement, { consistency: types.consistencies.serial }));
      return found.rows[0];
    },
    write: (statements) => engineOnly(send(statements)),
    async tryWrite(statements, node) {
      try {
        await send(statements, node);
      } catch (error) {
        // Refused before it had any values: the table is at fault.
        if (error instanceof StatementRefused && isAboutText(error.cause)) throw notTaken(error);
        throw error;
      }
    },
    conditional: ({ query, params }) =>
      engineOnly(
        writes.run(() =>
          attempts.run(async (before): Promise<Conditional> => {
            const found = await client.execute(query, [...params], { prepare: true });
            return { applied: found.wasApplied(), row: found.rows[0], isRetried: before > 0 };
          }),
        ),
      ),
    migrate: (schema) => engineOnly(migrate({ session, holder: randomUUID(), alter, clock }, schema)),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await close();
    },
  };

  const alter = async (statement: string): Promise<void> => {
    await attempts.run(() => client.execute(statement, [], { isIdempotent: true }));
    const startedMs = clock.monotonicMs();
    while ((await attempts.run(() => schemaVersions(client))).size > 1) {
      if (clock.monotonicMs() - startedMs > agreementMs) {
        throw unavailable(where, { reason: 'its nodes do not agree on the schema', cause: undefined });
      }
      await clock.sleep(agreementPollMs);
    }
  };
  return session;
}
