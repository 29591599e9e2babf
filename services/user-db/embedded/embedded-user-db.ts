/**
 * User accounts and signing keys on LMDB, in this process. Concurrent changes share a commit, in the order of
 * the calls; readers see what is on disk only. An id that was once given is never given again.
 */
import { CecochatError } from '../../core/errors.ts';
import { parseUserId, type UserId } from '../../core/ids.ts';
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import { createGroupCommit } from '../../embedded/group-commit.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { Account, UserDb } from '../user-db.ts';
import { createUserTables, maxNameBytes } from './user-tables.ts';

export function openEmbeddedUserDb(options: { readonly folder: string }): Promise<UserDb> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: { readonly folder: string }, scope: Scope): Promise<UserDb> {
  const folder = scope.use(await openLmdbFolder({ folder: options.folder, kind: 'users' }));
  const tables = createUserTables(folder);
  /** Written in the commit that is being built: accounts by name (undefined = removed), ids, key ids. */
  const written = new Map<string, Account | undefined>();
  const used = new Set<UserId>();
  const keys = new Set<string>();
  const begin = (): void => {
    written.clear();
    used.clear();
    keys.clear();
  };
  const group = scope.use(createGroupCommit({ commit: folder.commit, begin }));

  const present = (name: string): Account | undefined => (written.has(name) ? written.get(name) : tables.byName(name));
  const isUsed = (id: UserId): boolean => used.has(id) || tables.isUsed(id);
  const known = (name: string): Account => {
    const account = present(name);
    if (account === undefined) throw new CecochatError('user.unknown', `there is no user ${JSON.stringify(name)}`);
    return account;
  };
  const nextFree = (): UserId => {
    let id = tables.highestUsed() + 1n;
    for (;;) {
      const free = parseUserId(id);
      if (free === undefined) throw new CecochatError('engine.unavailable', 'all user ids are used up');
      if (!isUsed(free)) return free;
      id += 1n;
    }
  };

  return {
    durability: 'on the disk of this machine (fdatasync before the answer): survives kill -9 and a power cut',
    add: ({ userId, name, passwordHash, createdAtMs }) =>
      group.commit(() => {
        if (name === '' || Buffer.byteLength(name) > maxNameBytes) {
          throw new CecochatError('request.invalid', `a user name has 1 to ${maxNameBytes} bytes`);
        }
        if (present(name) !== undefined) {
          throw new CecochatError('user.exists', `the name ${JSON.stringify(name)} is taken`, { data: { name } });
        }
        if (userId !== undefined && isUsed(userId)) {
          throw new CecochatError('user.exists', `the user id ${userId} is taken`, {
            data: { userId: String(userId) },
          });
        }
        const account: Account = { userId: userId ?? nextFree(), name, passwordHash, createdAtMs };
        written.set(name, account);
        used.add(account.userId);
        tables.put(account);
        return account;
      }),
    async byName(name) {
      return tables.byName(name);
    },
    async byId(userId) {
      return tables.byId(userId);
    },
    async list({ after, limit }) {
      return tables.list(after, limit);
    },
    setPasswordHash: (name, passwordHash) =>
      group.commit(() => {
        const account = { ...known(name), passwordHash };
        written.set(name, account);
        tables.put(account);
      }),
    remove: (name) =>
      group.commit(() => {
        const account = known(name);
        written.set(name, undefined);
        tables.remove(account);
      }),
    async signingKeys() {
      return tables.signingKeys();
    },
    addSigningKey: (key) =>
      group.commit(() => {
        if (keys.has(key.keyId) || tables.hasSigningKey(key.keyId)) return;
        keys.add(key.keyId);
        tables.putSigningKey(key);
      }),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
