/** What history on Cassandra keeps when its only node is killed or stopped. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import type { CassandraOptions } from '../../cassandra/cassandra-options.ts';
import { startNode, type NodeFixture } from '../../cassandra/node.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { CecochatError } from '../../core/errors.ts';
import { systemClock } from '../../core/time/clock.ts';
import { user } from '../history-samples.contract.ts';
import { openCassandraHistoryDb } from './cassandra-history-db.ts';
import { lostBelow, messageAt, writeSteadily } from './steady-writer.fixture.ts';
import { batchOf } from '../history-samples.contract.ts';

let node: NodeFixture;

beforeAll(async () => {
  node = await startNode();
});

afterAll(() => node[Symbol.asyncDispose]());

/** Resolves when it is true; the time that is allowed is the test's. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await systemClock.sleep(50);
}

function hasty(more: Partial<CassandraOptions> = {}): Partial<CassandraOptions> {
  return { giveUpMs: 3_000, answerMs: 1_000, ...more };
}

test('a node killed while it writes loses nothing that was answered, and is used again when it is back', async () => {
  const { options } = keyspaceFixture(node.contactPoints, hasty());
  await using session = await openCassandra(options);
  const historyDb = await openCassandraHistoryDb({ session });
  const writer = writeSteadily(historyDb);
  for (let round = 0; round < 2; round += 1) {
    const before = writer.answered;
    await until(() => writer.answered > before + 400);
    await node.signal('SIGKILL');
    const answered = writer.answered;
    await until(() => (writer.failures.get('engine.unavailable') ?? 0) > round);
    await node.start('group');
    await until(() => writer.answered > answered + 200);
    expect(await lostBelow(historyDb, writer.answered)).toEqual([]);
  }
  await writer.stop();
  // Killed once more: what is there now comes from the commit log alone, nothing was written again.
  await node.signal('SIGKILL');
  await node.start('group');
  const { answered } = writer;
  await until(() =>
    historyDb.watermark(1).then(
      () => true,
      () => false,
    ),
  );
  expect((await historyDb.watermark(1))?.next.offset).toBe(answered);
  expect(await lostBelow(historyDb, answered)).toEqual([]);
  expect([...writer.failures.keys()]).toEqual(['engine.unavailable']);
}, 300_000);

test('a node that stands still is told within a bound, and is used again when it goes on', async () => {
  const { options } = keyspaceFixture(node.contactPoints, hasty());
  await using session = await openCassandra(options);
  const historyDb = await openCassandraHistoryDb({ session });
  const [row, other] = messageAt(0);
  const write = (): Promise<void> =>
    historyDb.write([batchOf(1, { offset: 1 }, row), batchOf(2, { offset: 1 }, other)]);
  await write();
  await node.signal('SIGSTOP');
  const startedMs = systemClock.monotonicMs();
  const attempts = [write(), historyDb.userHistory({ owner: user(1n), limit: 5 }), historyDb.watermark(1)];
  const outcomes = await Promise.allSettled(attempts);
  const tookMs = systemClock.monotonicMs() - startedMs;
  await node.signal('SIGCONT');
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine.unavailable' } });
  }
  expect(tookMs).toBeLessThan(10_000);
  await until(() =>
    write().then(
      () => true,
      () => false,
    ),
  );
  expect((await historyDb.userHistory({ owner: user(1n), limit: 5 })).rows).toEqual([row]);
}, 120_000);

test('one replica with a periodic commit log is refused, unless it is asked for', async () => {
  await node.signal('SIGKILL');
  await node.start('periodic');
  try {
    const { options } = keyspaceFixture(node.contactPoints);
    const refused = openCassandra(options);
    await expect(refused).rejects.toBeInstanceOf(CecochatError);
    await expect(refused).rejects.toMatchObject({ code: 'settings.invalid' });
    await using session = await openCassandra({ ...options, allowPeriodicCommitLog: true });
    expect(session.durability).toContain('loses');
  } finally {
    await node.signal('SIGKILL');
    await node.start('group');
  }
}, 180_000);
