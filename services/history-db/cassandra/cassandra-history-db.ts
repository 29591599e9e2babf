/**
 * The history database on Cassandra. Rows are upserts with write times of their records, so that repeats and
 * late writers undo nothing. A write's rows are answered before its watermarks are sent; calls for one log
 * partition set their watermarks in the order of the calls, and fail with an earlier one that fails.
 */
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import type { HistoryBatch, HistoryDb } from '../history-db.ts';
import { RowsRefusedError } from '../refused-rows.ts';
import { createPutCollector } from './collect-puts.ts';
import { createHistoryQueries } from './history-queries.ts';
import { historySchema } from './history-schema.ts';
import { createPutWriter } from './put-writer.ts';
import { createWatermarks } from './watermarks.ts';

export interface CassandraHistoryOptions {
  /** Stays open when the database is closed. */
  readonly session: CassandraSession;
  /** Of a row's message or receipt: larger ones are refused; undefined leaves it to Cassandra. */
  readonly rowBytes?: number | undefined;
}

/** Errors: data.newer, engine.unavailable. */
export async function openCassandraHistoryDb(options: CassandraHistoryOptions): Promise<HistoryDb> {
  const { session, rowBytes } = options;
  await session.migrate(historySchema);
  const collector = createPutCollector(rowBytes);
  const writer = createPutWriter(session);
  const watermarks = createWatermarks(session);
  /** The last call for each log partition that is not settled. */
  const turns = new Map<number, Promise<void>>();

  const writeRows = async (batches: readonly HistoryBatch[]): Promise<RowsRefusedError | undefined> => {
    const collection = collector.collect(batches);
    const refused = [...collection.refused, ...(await writer.write(collection.puts))];
    if (refused.length > 0) return new RowsRefusedError(refused);
    collection.written();
    return undefined;
  };

  const writeBatches = async (batches: readonly HistoryBatch[], before: readonly Promise<void>[]): Promise<void> => {
    const [refused] = await Promise.all([writeRows(batches), Promise.all(before)]);
    // Of several batches of a partition in one call the last one's watermark counts.
    const last = new Map(
      batches.flatMap(({ partition, watermark }) => (watermark === undefined ? [] : [[partition, watermark] as const])),
    );
    const except = refused?.partitions ?? new Set<number>();
    const puts = [...last].filter(([partition]) => !except.has(partition));
    await Promise.all(puts.map(([partition, watermark]) => watermarks.put(partition, watermark)));
    if (refused !== undefined) throw refused;
  };

  return {
    durability: session.durability,
    async write(batches) {
      // A batch without a watermark neither waits for others nor holds them up.
      const moving = batches.filter(({ watermark }) => watermark !== undefined);
      const partitions = new Set(moving.map(({ partition }) => partition));
      const before = [...partitions].flatMap((partition) => turns.get(partition) ?? []);
      const turn = writeBatches(batches, before);
      for (const partition of partitions) turns.set(partition, turn);
      try {
        await turn;
      } finally {
        for (const partition of partitions) if (turns.get(partition) === turn) turns.delete(partition);
      }
    },
    watermark: (partition) => watermarks.get(partition),
    ...createHistoryQueries(session),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(turns.values());
    },
  };
}
