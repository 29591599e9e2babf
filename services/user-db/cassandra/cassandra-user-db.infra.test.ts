import { afterAll, expect, test } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { systemClock } from '../../core/time/clock.ts';
import { requireEngine } from '../../engines.fixture.ts';
import type { UserDb } from '../user-db.ts';
import { describeUserDb } from '../user-db.contract.ts';
import { openCassandraUserDb } from './cassandra-user-db.ts';

const keyspace = keyspaceFixture(requireEngine('CECOCHAT_TEST_CASSANDRA'));

afterAll(() => keyspace[Symbol.asyncDispose]());

describeUserDb('user accounts on Cassandra', async () => {
  const open = async (): Promise<{ session: AsyncDisposable; userDb: UserDb }> => {
    const session = await openCassandra(keyspace.options);
    return { session, userDb: await openCassandraUserDb({ session, clock: systemClock }) };
  };
  await keyspace.empty();
  let current = await open();
  const close = async (): Promise<void> => {
    await current.userDb[Symbol.asyncDispose]();
    await current.session[Symbol.asyncDispose]();
  };
  return {
    userDb: current.userDb,
    async reopen() {
      await close();
      current = await open();
      return current.userDb;
    },
    [Symbol.asyncDispose]: close,
  };
});

test('hundreds of users added at the same time get ids of their own, none in vain', async () => {
  await keyspace.empty();
  await using session = await openCassandra(keyspace.options);
  await using userDb = await openCassandraUserDb({ session, clock: systemClock });
  const add = (name: string) => userDb.add({ name, passwordHash: 'h', createdAtMs: 1 });
  const added = await Promise.all(Array.from({ length: 200 }, (_, index) => add(`user-${index}`)));
  expect(new Set(added.map(({ userId }) => userId)).size).toBe(200);
});
