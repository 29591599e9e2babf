/**
 * Commits 20 KB at a time into the folder named by its argument until one fails, then prints how many were
 * committed, what the failure was, and how many are there afterwards. To be run under a limit of file size.
 */
import { createGroupCommit } from './group-commit.ts';
import { openLmdbFolder } from './lmdb-folder.ts';

await using folder = await openLmdbFolder({ folder: process.argv[2] ?? '', kind: 'test' });
const table = folder.table('t');
let failures = 0;
await using group = createGroupCommit({ commit: (write) => table.batch(write), failed: () => (failures += 1) });
let committed = 0;
let code: unknown;
while (code === undefined) {
  try {
    await group.commit(() => void table.put(Buffer.from(`k${committed}`), Buffer.alloc(20_000)));
    committed += 1;
  } catch (error) {
    code = error instanceof Error && 'code' in error ? error.code : error;
  }
}
process.stdout.write(`${JSON.stringify({ committed, failures, code, kept: table.getCount() })}\n`);
