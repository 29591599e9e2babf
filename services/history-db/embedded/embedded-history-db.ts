/**
 * The history database on LMDB, in this process. Batches that wait at the same time share a commit: rows and
 * watermarks are on disk together or not at all. A message is stored once, in its dialog; feeds, keys and chats
 * point to it. Writing again changes nothing: a chat's last message and its receipts only grow.
 */
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import { createGroupCommit } from '../../embedded/group-commit.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { HistoryDb } from '../history-db.ts';
import { createHistoryQueries } from './history-queries.ts';
import { createHistoryWriter } from './history-writer.ts';
import { createWatermarks } from './watermarks.ts';

export function openEmbeddedHistoryDb(options: { readonly folder: string }): Promise<HistoryDb> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: { readonly folder: string }, scope: Scope): Promise<HistoryDb> {
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
      table: tables.feed,
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

  return {
    durability: 'on the disk of this machine (fdatasync before the answer): survives kill -9 and a power cut',
    write: (batches) =>
      new Promise((resolve, reject) => {
        group.enqueue({
          write() {
            for (const batch of batches) {
              for (const row of batch.rows) writer.put(row);
              watermarks.set(batch.partition, batch.watermark);
            }
          },
          committed() {
            watermarks.committed();
            resolve();
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
