/**
 * A keyspace of its own on the real Cassandra, removed when it is disposed of. Making tables takes seconds, so
 * tests that want an empty database may share a keyspace and empty its tables.
 */
import { randomBytes } from 'node:crypto';
import { Client, type types } from 'cassandra-driver';
import { systemClock } from '../core/time/clock.ts';
import type { CassandraOptions } from './cassandra-options.ts';

export interface KeyspaceFixture extends AsyncDisposable {
  readonly options: CassandraOptions;
  /** All tables but those of the schema's versions. */
  empty(): Promise<void>;
}

export function keyspaceFixture(contactPoints: string, more: Partial<CassandraOptions> = {}): KeyspaceFixture {
  const options: CassandraOptions = {
    contactPoints: contactPoints.split(','),
    localDataCenter: 'datacenter1',
    keyspace: `test_${randomBytes(6).toString('hex')}`,
    replication: { strategy: 'SimpleStrategy', replicas: 1 },
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined },
    ...more,
  };
  const { keyspace, localDataCenter } = options;
  const withClient = async <T>(
    work: (execute: (query: string) => Promise<types.ResultSet>) => Promise<T>,
  ): Promise<T> => {
    const client = new Client({ contactPoints: [...options.contactPoints], localDataCenter });
    try {
      return await work((query) => client.execute(query, [], { readTimeout: 60_000 }));
    } finally {
      await client.shutdown();
    }
  };
  return {
    options,
    empty: () =>
      withClient(async (execute) => {
        const found = await execute(`SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`);
        const tables = found.rows.map((row) => String(row.get('table_name')));
        await Promise.all(
          tables
            .filter((table) => !table.startsWith('schema_'))
            .map((table) => execute(`TRUNCATE ${keyspace}.${table}`)),
        );
      }),
    [Symbol.asyncDispose]: () =>
      withClient(async (execute) => {
        await execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
      }),
  };
}
