import { afterAll } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { requireEngine } from '../../engines.fixture.ts';
import type { HistoryDb } from '../history-db.ts';
import { describeHistoryDb, type RowLimits } from '../history-db.contract.ts';
import { openCassandraHistoryDb } from './cassandra-history-db.ts';

const keyspace = keyspaceFixture(requireEngine('CECOCHAT_TEST_CASSANDRA'));

afterAll(() => keyspace[Symbol.asyncDispose]());

describeHistoryDb('history on Cassandra', async (given) => {
  const open = async (limits?: RowLimits): Promise<{ session: AsyncDisposable; historyDb: HistoryDb }> => {
    const session = await openCassandra(keyspace.options);
    return { session, historyDb: await openCassandraHistoryDb({ session, ...limits }) };
  };
  await keyspace.empty();
  let current = await open(given);
  const close = async (): Promise<void> => {
    await current.historyDb[Symbol.asyncDispose]();
    await current.session[Symbol.asyncDispose]();
  };
  return {
    historyDb: current.historyDb,
    async reopen(changed) {
      await close();
      current = await open(changed);
      return current.historyDb;
    },
    [Symbol.asyncDispose]: close,
  };
});
