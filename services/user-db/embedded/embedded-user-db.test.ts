import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeUserDb } from '../user-db.contract.ts';
import { openEmbeddedUserDb } from './embedded-user-db.ts';

describeUserDb('embedded user accounts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-users-'));
  const first = await openEmbeddedUserDb({ folder });
  let userDb = first;
  return {
    userDb: first,
    async reopen() {
      await userDb[Symbol.asyncDispose]();
      userDb = await openEmbeddedUserDb({ folder });
      return userDb;
    },
    async [Symbol.asyncDispose]() {
      await userDb[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
});
