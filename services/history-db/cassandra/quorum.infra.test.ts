/** What history on three replicas (LOCAL_QUORUM) does when nodes are killed or stand still. */
import { afterEach, expect, test } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { hasty, patient, threeNodes } from '../../cassandra/three-nodes.fixture.ts';
import { systemClock } from '../../core/time/clock.ts';
import { user } from '../history-samples.contract.ts';
import { openCassandraHistoryDb } from './cassandra-history-db.ts';
import { lostBelow, writeSteadily } from './steady-writer.fixture.ts';

const nodes = threeNodes();
// Goes with the cluster: a node that stood still until lately may fail at DROP KEYSPACE ("Unknown CF"), and at every
// change of the schema after it.
const keyspace = keyspaceFixture(nodes.contactPoints, nodes.options);

afterEach(() => nodes.revive());

/** Resolves when it is true; the time that is allowed is the test's. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await systemClock.sleep(20);
}

test('one node killed or standing still fails no write and loses nothing; two are told, and come back', async () => {
  await using session = await openCassandra({ ...keyspace.options, ...patient });
  expect(session.durability).toContain('2 of 3 replicas');
  const historyDb = await openCassandraHistoryDb({ session });
  await using hastySession = await openCassandra({ ...keyspace.options, ...hasty });
  const hastyDb = await openCassandraHistoryDb({ session: hastySession });
  const writer = writeSteadily(historyDb);
  const progress = async (count: number): Promise<void> => {
    const before = writer.answered;
    await until(() => writer.answered >= before + count);
  };

  await progress(200);
  await nodes.signal(3, 'SIGKILL');
  await progress(400);
  await nodes.revive();
  // The one that came back makes up the quorum from here on.
  await nodes.signal(2, 'SIGSTOP');
  await progress(400);

  await nodes.signal(3, 'SIGSTOP');
  await expect(hastyDb.userHistory({ owner: user(1n), limit: 5 })).rejects.toMatchObject({
    code: 'engine.unavailable',
    retry: 'backoff',
    message: expect.stringMatching(/LOCAL_QUORUM|did not reply/),
  });
  await nodes.signal(3, 'SIGCONT');
  await progress(200);
  await nodes.signal(2, 'SIGCONT');
  await writer.stop();
  expect([...writer.failures]).toEqual([]);
  expect(await lostBelow(historyDb, writer.answered)).toEqual([]);
}, 240_000);

test('requests do not wait for a node that stands still, once it is known', async () => {
  const answerMs = 3_000;
  await using session = await openCassandra({ ...keyspace.options, answerMs });
  const historyDb = await openCassandraHistoryDb({ session });
  const ask = async (): Promise<number> => {
    const startedMs = systemClock.monotonicMs();
    await historyDb.userHistory({ owner: user(1n), limit: 5 });
    return systemClock.monotonicMs() - startedMs;
  };
  await ask();
  await nodes.signal(1, 'SIGSTOP');
  const first = await Promise.all(Array.from({ length: 60 }, ask));
  expect(Math.max(...first)).toBeGreaterThan(answerMs - 100);
  const slow: number[] = [];
  for (let i = 0; i < 60; i += 1) {
    const tookMs = await ask();
    if (tookMs > answerMs - 100) slow.push(tookMs);
  }
  expect(slow).toEqual([]);
}, 60_000);
