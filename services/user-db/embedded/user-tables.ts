/**
 * The stored form of accounts and signing keys. Tables: accounts (name → JSON), ids (user id u64 big-endian →
 * name, empty once removed, so that the id stays used), keys (key id → JSON).
 */
import { parseUserId, type UserId } from '../../core/ids.ts';
import type { LmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { Account, SigningKey } from '../user-db.ts';

export interface UserTables {
  byName(name: string): Account | undefined;
  byId(userId: UserId): Account | undefined;
  isUsed(userId: UserId): boolean;
  /** 0n when none is. */
  highestUsed(): bigint;
  list(after: string | undefined, limit: number): Account[];
  put(account: Account): void;
  remove(account: Account): void;
  signingKeys(): SigningKey[];
  hasSigningKey(keyId: string): boolean;
  putSigningKey(key: SigningKey): void;
}

interface StoredAccount {
  readonly userId: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly createdAtMs: number;
}

/** LMDB has no empty keys, and lmdb-js refuses very long ones: no such name can be there. */
export const maxNameBytes = 1024;

export function createUserTables(folder: LmdbFolder): UserTables {
  const accounts = folder.table('accounts');
  const ids = folder.table('ids');
  const keys = folder.table('keys');

  const byName = (name: string): Account | undefined => {
    const key = Buffer.from(name);
    if (key.length === 0 || key.length > maxNameBytes) return undefined;
    const bytes = accounts.get(key);
    return bytes === undefined ? undefined : toAccount(bytes);
  };

  return {
    byName,
    byId(userId) {
      const name = ids.get(idKey(userId));
      return name === undefined ? undefined : byName(name.toString('utf8'));
    },
    isUsed: (userId) => ids.doesExist(idKey(userId)),
    highestUsed() {
      for (const key of ids.getKeys({ reverse: true, limit: 1 })) return key.readBigUInt64BE(0);
      return 0n;
    },
    list(after, limit) {
      const found: Account[] = [];
      if (limit <= 0) return found;
      const range = after === undefined || after === '' ? {} : { start: Buffer.from(after), exclusiveStart: true };
      for (const { value } of accounts.getRange({ ...range, limit })) found.push(toAccount(value));
      return found;
    },
    put(account) {
      const stored: StoredAccount = { ...account, userId: String(account.userId) };
      void accounts.put(Buffer.from(account.name), Buffer.from(JSON.stringify(stored)));
      void ids.put(idKey(account.userId), Buffer.from(account.name));
    },
    remove(account) {
      void accounts.remove(Buffer.from(account.name));
      void ids.put(idKey(account.userId), Buffer.alloc(0));
    },
    signingKeys() {
      const found: SigningKey[] = [];
      for (const { value } of keys.getRange({})) found.push(JSON.parse(value.toString('utf8')) as SigningKey);
      return found.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.keyId < b.keyId ? 1 : -1));
    },
    hasSigningKey: (keyId) => keys.doesExist(Buffer.from(keyId)),
    putSigningKey: (key) => void keys.put(Buffer.from(key.keyId), Buffer.from(JSON.stringify(key))),
  };
}

function idKey(userId: UserId): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(userId);
  return key;
}

function toAccount(bytes: Buffer): Account {
  const stored = JSON.parse(bytes.toString('utf8')) as StoredAccount;
  const userId = parseUserId(stored.userId);
  if (userId === undefined) throw new Error(`account ${stored.name} has the user id ${stored.userId}`);
  return { ...stored, userId };
}
