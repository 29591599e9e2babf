/** What happens to rows that Cassandra refuses, and to everything beside them. */
import { afterAll, expect, test } from 'vitest';
import { keyspaceFixture } from '../../cassandra/cassandra.fixture.ts';
import { openCassandra } from '../../cassandra/open-cassandra.ts';
import { requireEngine } from '../../engines.fixture.ts';
import { batchOf, messageFor, user, watermarkAt } from '../history-samples.contract.ts';
import { RowsRefusedError } from '../refused-rows.ts';
import { openCassandraHistoryDb } from './cassandra-history-db.ts';

const keyspace = keyspaceFixture(requireEngine('CECOCHAT_TEST_CASSANDRA'), { giveUpMs: 5_000 });

afterAll(() => keyspace[Symbol.asyncDispose]());

test('rows that are refused for good are named, everything else of the write is in', async () => {
  await using session = await openCassandra(keyspace.options);
  const historyDb = await openCassandraHistoryDb({ session });
  const sample = (owner: bigint, offset: number) =>
    messageFor(owner, { from: owner, to: 9n, order: BigInt(offset + 1), offset });
  const good = [sample(1n, 0), sample(1n, 1), sample(2n, 0)] as const;
  // Over half a segment of the commit log, which is the most that a node takes.
  const large = { ...sample(1n, 2), message: Buffer.alloc(12 * 1024 * 1024, 1) };
  const impossible = { ...sample(1n, 3), order: 2n ** 63n };
  const write = historyDb.write([
    batchOf(1, { offset: 4 }, good[0], large, impossible, good[1]),
    batchOf(2, { offset: 1 }, good[2]),
  ]);
  const error: unknown = await write.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RowsRefusedError);
  const refused = error instanceof RowsRefusedError ? error.rows : [];
  expect(new Set(refused.map(({ partition, row }) => `${partition}/${row.position.offset}`))).toEqual(
    new Set(['1/2', '1/3']),
  );
  expect(error).toMatchObject({ code: 'history.refused', retry: 'never', data: { partition: '1' } });
  const offsets = (await historyDb.userHistory({ owner: user(1n), limit: 9 })).rows.map((row) => row.position.offset);
  expect(offsets).toEqual([1, 0]);
  expect((await historyDb.userHistory({ owner: user(2n), limit: 9 })).rows).toEqual([good[2]]);
  expect(await historyDb.watermark(1)).toBeUndefined();
  expect(await historyDb.watermark(2)).toEqual(watermarkAt(1));
  await historyDb.write([batchOf(1, { offset: 4 }, good[0], good[1])]);
  expect(await historyDb.watermark(1)).toEqual(watermarkAt(4));
});
