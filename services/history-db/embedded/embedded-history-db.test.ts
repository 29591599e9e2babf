import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeHistoryDb } from '../history-db.contract.ts';
import { openEmbeddedHistoryDb } from './embedded-history-db.ts';

describeHistoryDb('embedded history database', async (limits) => {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-history-'));
  const first = await openEmbeddedHistoryDb({ folder, ...limits });
  let historyDb = first;
  return {
    historyDb: first,
    async reopen(changed) {
      await historyDb[Symbol.asyncDispose]();
      historyDb = await openEmbeddedHistoryDb({ folder, ...changed });
      return historyDb;
    },
    async [Symbol.asyncDispose]() {
      await historyDb[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
});
