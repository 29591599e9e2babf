/**
 * User accounts and the keys that sessions are signed with. Names are unique; ids are never used twice.
 * Errors: user.exists, user.unknown, engine.unavailable (try again).
 */
import type { UserId } from '../core/ids.ts';

export interface Account {
  readonly userId: UserId;
  readonly name: string;
  /** Self-describing hash, for example "scrypt$16384$8$1$<salt>$<hash>". */
  readonly passwordHash: string;
  readonly createdAtMs: number;
}

export interface SigningKey {
  readonly keyId: string;
  /** Private JWK as JSON text. */
  readonly privateJwk: string;
  readonly createdAtMs: number;
}

export interface UserDb extends AsyncDisposable {
  readonly durability: string;
  /** user.exists when the name or the id is taken. Without an id the next free one is given. */
  add(account: { userId?: UserId; name: string; passwordHash: string; createdAtMs: number }): Promise<Account>;
  byName(name: string): Promise<Account | undefined>;
  byId(userId: UserId): Promise<Account | undefined>;
  /** By name, ascending; `after` is exclusive. */
  list(query: { after?: string; limit: number }): Promise<readonly Account[]>;
  setPasswordHash(name: string, passwordHash: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** The newest first. */
  signingKeys(): Promise<readonly SigningKey[]>;
  /** Keeps the key unless one with that id is there. */
  addSigningKey(key: SigningKey): Promise<void>;
}
