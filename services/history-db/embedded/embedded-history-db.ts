/**
 * The history database on LMDB, in this process. Batches that wait at the same time share a commit: rows and
 * watermarks are on disk together or not at all. A message is stored once, in its dialog; feeds, keys and chats
 * point to it. Writing again changes nothing: a chat's last message and its receipts only grow.
 */
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import { createGroupCommit } from '../../embedded/group-commit.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { HistoryBatch, HistoryDb } from '../history-db.ts';
import { oversize, RowsRefusedError, type RefusedRow } from '../refused-rows.ts';
import { createHistoryQueries } from './history-queries.ts';
import { createHistoryWriter } from './history-writer.ts';
import { createWatermarks } from './watermarks.ts';

export interface EmbeddedHistoryOptions {
  readonly folder: string;
  /** Of a row's message or receipt: larger ones are refused; undefined takes all. */
  readonly rowBytes?: number | undefined;
}

export function openEmbeddedHistoryDb(options: EmbeddedHistoryOptions): Promise<HistoryDb> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: EmbeddedHistoryOptions, scope: Scope): Promise<HistoryDb> {
  const folder = scope.use(await openLmdbFolder({ folder: options.folder, kind: 'history' }));
  const tables = {
    feed: folder.table('feed'),
    dialog: folder.table('dialog'),
    keys: folder.table('keys'),
    chats: folder.table('chats'),
    receipts: folder.table('receipts'),
  };
  const watermarks = createWatermarks(folder);
  const writer = createHistoryWriter(tables);
  const group = scope.use(
    createGroupCommit({
      commit: folder.commit,
      begin: () => writer.begin(),
      finish: () => {
        writer.finish();
        watermarks.finish();
      },
      failed: () => {
        writer.failed();
        watermarks.failed();
      },
    }),
  );
  const queries = createHistoryQueries(tables);

  /** Answers what is refused. */
  const put = (batches: readonly HistoryBatch[]): readonly RefusedRow[] => {
    const refused: RefusedRow[] = [];
    for (const { partition, rows } of batches) {
      for (const row of rows) {
        const reason = oversize(row, options.rowBytes);
        if (reason === undefined) writer.put(row);
        else {
          refused.push({ partition, row, reason });
          writer.putKey(row);
        }
      }
    }
    const except = new Set(refused.map(({ partition }) => partition));
    for (const { partition, watermark } of batches) {
      if (watermark !== undefined && !except.has(partition)) watermarks.set(partition, watermark);
    }
    return refused;
  };

  return {
    durability: 'on the disk of this machine (fdatasync before the answer): survives kill -9 and a power cut',
    write: (batches) =>
      new Promise((resolve, reject) => {
        let refused: readonly RefusedRow[] = [];
        group.enqueue({
          write() {
            refused = put(batches);
          },
          committed() {
            watermarks.committed();
            if (refused.length === 0) resolve();
            else reject(new RowsRefusedError(refused));
          },
          failed: reject,
        });
      }),
    async watermark(partition) {
      return watermarks.get(partition);
    },
    ...queries,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
