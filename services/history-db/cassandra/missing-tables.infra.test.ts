/** No row is blamed for a table that is missing or being made. */
import { afterAll, expect, test } from 'vitest';
import { Client } from 'cassandra-driver';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { requireEngine } from '../../engines.fixture.ts';
import { batchOf, user } from '../history-samples.contract.ts';
import { openCassandraHistoryDb } from './cassandra-history-db.ts';
import { historySchema } from './history-schema.ts';
import { messageAt } from './steady-writer.fixture.ts';

const keyspace = keyspaceFixture(requireEngine('CECOCHAT_TEST_CASSANDRA'), { giveUpMs: 1_000 });
const { contactPoints, localDataCenter, keyspace: name } = keyspace.options;
const hand = new Client({ contactPoints: [...contactPoints], localDataCenter });
const alter = (statement: string) => hand.execute(statement, [], { readTimeout: 30_000 });

afterAll(async () => {
  await hand.shutdown();
  await keyspace[Symbol.asyncDispose]();
});

test('writes wait for a table that goes away, and end well when it is made again', async () => {
  await using session = await openCassandra(keyspace.options);
  const historyDb = await openCassandraHistoryDb({ session });
  const write = (n: number): Promise<unknown> => {
    const [own, other] = messageAt(n);
    const offset = n + 1;
    return historyDb.write([batchOf(1, { offset }, own), batchOf(2, { offset }, other)]).then(
      () => undefined,
      (error: unknown) => error,
    );
  };
  expect(await write(0)).toBeUndefined();
  const creations = historySchema.steps.flatMap(({ statements }) => statements);
  for (const table of ['feed', 'watermarks']) {
    await alter(`DROP TABLE ${name}.${table}`);
    expect(await write(1)).toMatchObject({ code: 'engine.unavailable', retry: 'backoff' });
    const creation = (creations.find((each) => each.includes(`${table} (`)) ?? '').replace(table, `${name}.${table}`);
    // Writes run all the while: none may be refused for good.
    const [, outcomes] = await Promise.all([alter(creation), Promise.all([2, 3, 4, 5, 6].map(write))]);
    for (const outcome of outcomes) expect([undefined, 'engine.unavailable']).toContain(codeOf(outcome));
    await expect.poll(() => write(7), { timeout: 20_000 }).toBeUndefined();
  }
  const { rows } = await historyDb.userHistory({ owner: user(1n), limit: 1 });
  expect(rows.map(({ position }) => position.offset)).toEqual([7]);
  expect((await historyDb.watermark(1))?.next.offset).toBe(8);
}, 120_000);

function codeOf(outcome: unknown): unknown {
  return typeof outcome === 'object' && outcome !== null && 'code' in outcome ? outcome.code : outcome;
}
