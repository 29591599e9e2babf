/** What user accounts on three replicas do when nodes stand still. */
import { afterEach, expect, test } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { hasty, patient, threeNodes } from '../../cassandra/three-nodes.fixture.ts';
import { CecochatError } from '../../core/errors.ts';
import { systemClock } from '../../core/time/clock.ts';
import { openCassandraUserDb } from './cassandra-user-db.ts';

const nodes = threeNodes();
// Goes with the cluster: a node that stood still until lately may fail at DROP KEYSPACE ("Unknown CF"), and at every
// change of the schema after it.
const keyspace = keyspaceFixture(nodes.contactPoints, nodes.options);

afterEach(() => nodes.revive());

const codeOf = (error: unknown): unknown => (error instanceof CecochatError ? error.code : error);

test('one node that stands still fails no account; two are told, and names stay unique', async () => {
  await using session = await openCassandra({ ...keyspace.options, ...patient });
  await using userDb = await openCassandraUserDb({ session, clock: systemClock });
  await using hastySession = await openCassandra({ ...keyspace.options, ...hasty });
  await using hastyDb = await openCassandraUserDb({ session: hastySession, clock: systemClock });
  const add = (name: string) => userDb.add({ name, passwordHash: 'h', createdAtMs: 1 });
  await add('first');

  await nodes.signal(2, 'SIGSTOP');
  const added = await Promise.all(Array.from({ length: 30 }, (_, index) => add(`user-${index}`)));
  expect(new Set(added.map(({ userId }) => userId)).size).toBe(30);
  await expect(add('user-7')).rejects.toMatchObject({ code: 'user.exists' });

  await nodes.signal(3, 'SIGSTOP');
  const [late, look] = await Promise.allSettled([
    hastyDb.add({ name: 'late', passwordHash: 'h', createdAtMs: 1 }),
    hastyDb.byName('first'),
  ]);
  for (const outcome of [late, look])
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine.unavailable', retry: 'backoff' } });
  const waiting = add('in between');

  await nodes.signal(3, 'SIGCONT');
  added.push(await waiting);
  // The one that failed may have got its name before it failed.
  expect([undefined, 'user.exists']).toContain(await add('late').then(() => undefined, codeOf));
  await nodes.signal(2, 'SIGCONT');
  const { userId } = (await userDb.byName('late')) ?? {};
  expect(added.map((account) => account.userId)).not.toContain(userId);
  const names = (await userDb.list({ limit: 100 })).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['first', 'late', ...added.map(({ name }) => name)].toSorted());
}, 120_000);
