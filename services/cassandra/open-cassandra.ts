/**
 * Opens a session with Cassandra: one per process, shared by the databases that live there. Nothing of the
 * driver leaves it: errors are engine.unavailable, or settings.invalid when connecting.
 */
import { setMaxListeners } from 'node:events';
import { randomUUID } from 'node:crypto';
import { auth, Client, errors, policies, types, type QueryOptions } from 'cassandra-driver';
import { CecochatError } from '../core/errors.ts';
import { createAttempts, StatementRefused, unavailable } from './attempts.ts';
import { checkCassandraOptions, type CassandraOptions } from './cassandra-options.ts';
import type { CassandraSession, Conditional, Statement } from './cassandra-session.ts';
import { mendControlConnection } from './control-connection.ts';
import { faultOf, reasonOf } from './driver-errors.ts';
import { checkDurability, createKeyspace, schemaVersions } from './keyspace.ts';
import { migrate } from './migrations.ts';
import type { Row } from './row-values.ts';
import { createSlots } from './slots.ts';

const writesAtOnce = 128;
const readsAtOnce = 128;
const mostWaiting = 20_000;
const pageRows = 500;
const agreementMs = 60_000;
const agreementPollMs = 100;

const prepared = { prepare: true, isIdempotent: true } as const;

interface Opened {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/** Errors: settings.invalid (what is given, credentials, data centre, commit log), engine.unavailable. */
export async function openCassandra(options: CassandraOptions): Promise<CassandraSession> {
  checkCassandraOptions(options);
  const connected = await connect(options);
  try {
    return build(connected, { options, durability: await checkDurability(connected.client, options) });
  } catch (error) {
    await connected.close();
    if (error instanceof CecochatError) throw error;
    throw unavailable(options.contactPoints.join(', '), { reason: reasonOf(error), cause: error });
  }
}

function build({ client, close }: Opened, given: { options: CassandraOptions; durability: string }): CassandraSession {
  const { options, durability } = given;
  const { keyspace, clock } = options;
  const where = options.contactPoints.join(', ');
  const closing = new AbortController();
  // As many wait at a time as there are calls on their way.
  setMaxListeners(0, closing.signal);
  const attempts = createAttempts({ clock, giveUpMs: options.giveUpMs ?? 8_000, where, closed: closing.signal });
  const writes = createSlots({ atOnce: writesAtOnce, waiting: mostWaiting });
  const reads = createSlots({ atOnce: readsAtOnce, waiting: mostWaiting });

  /** A query that is refused is no one's input: a table or a permission is missing. */
  const engineOnly = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof StatementRefused) throw unavailable(where, { reason: error.message, cause: error });
      throw error;
    }
  };
  const page = ({ query, params }: Statement, more: QueryOptions): Promise<types.ResultSet> =>
    reads.run(() => attempts.run(() => client.execute(query, [...params], { ...prepared, ...more })));

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
    async write(statements) {
      await writes.run(() =>
        attempts.run(async () => {
          const [only] = statements;
          if (only === undefined) return;
          if (statements.length === 1) await client.execute(only.query, [...only.params], prepared);
          else {
            const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
            await client.batch(queries, { ...prepared, logged: false });
          }
        }),
      );
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

/** Connects to the keyspace, which is made first when it is missing. A node that is starting is waited for. */
async function connect(options: CassandraOptions): Promise<Opened> {
  const { keyspace, clock, giveUpMs = 8_000 } = options;
  const attempts = createAttempts({
    clock,
    giveUpMs,
    where: options.contactPoints.join(', '),
    closed: new AbortController().signal,
  });
  try {
    return await attempts.run(async () => {
      try {
        return await opened(options, keyspace);
      } catch (error) {
        if (!(error instanceof errors.ResponseError) || error.code !== types.responseErrorCodes.invalid) throw error;
      }
      const bare = await opened(options, undefined);
      try {
        await createKeyspace(bare.client, options);
      } finally {
        await bare.close();
      }
      return opened(options, keyspace);
    });
  } catch (error) {
    if (error instanceof CecochatError && faultOf(error.cause) !== 'denied') throw error;
    const cause = error instanceof CecochatError || error instanceof StatementRefused ? error.cause : error;
    throw new CecochatError('settings.invalid', `Cassandra refuses to be used: ${reasonOf(cause)}`, { cause });
  }
}

async function opened(options: CassandraOptions, keyspace: string | undefined): Promise<Opened> {
  const { username, password, tls } = options;
  const client = new Client({
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    ...(keyspace === undefined ? {} : { keyspace }),
    ...(username === undefined || password === undefined
      ? {}
      : { authProvider: new auth.PlainTextAuthProvider(username, password) }),
    ...(tls === undefined ? {} : { sslOptions: sslOptions(tls) }),
    encoding: { useBigIntAsLong: true, map: Map },
    queryOptions: {
      consistency: types.consistencies.localQuorum,
      serialConsistency: types.consistencies.serial,
    },
    policies: {
      // Tries are counted in one place: attempts.ts.
      retry: new policies.retry.FallthroughRetryPolicy(),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(250, 3_000, true),
    },
    socketOptions: { readTimeout: options.answerMs ?? 3_000, connectTimeout: 3_000, defunctReadTimeoutThreshold: 256 },
    pooling: { warmup: true },
    isMetadataSyncEnabled: true,
  });
  const closeRest = mendControlConnection(client);
  const close = async (): Promise<void> => {
    await client.shutdown();
    await closeRest();
  };
  try {
    await client.connect();
    return { client, close };
  } catch (error) {
    await close();
    if (error instanceof errors.ArgumentError) throw new StatementRefused(error.message, error);
    throw error;
  }
}

function sslOptions(tls: NonNullable<CassandraOptions['tls']>) {
  return { rejectUnauthorized: true, ...tls };
}
