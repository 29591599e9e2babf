/** Data version 1 kept the journal as rows of LMDB: they become batches of their partitions. Error: engine.unavailable. */
import { createGroupCommit } from '../../embedded/group-commit.ts';
import type { LmdbFolder } from '../../embedded/lmdb-folder.ts';
import { batchKey } from './batch-blob.ts';
import { decodeJournalRecord } from './journal.ts';

export async function moveJournalTable(folder: LmdbFolder): Promise<void> {
  const rows = folder.table('journal');
  const batches = folder.table('batches');
  await using group = createGroupCommit({ commit: folder.commit });
  await group.commit(() => {
    for (const { key, value } of rows.getRange({})) {
      for (const { partition, offset, blob } of decodeJournalRecord(value))
        void batches.put(batchKey(partition, offset), blob);
      void rows.remove(key);
    }
  });
}
