/**
 * Administration of user accounts, and finding a user by name.
 * Errors: user.exists, user.unknown, request.invalid.
 */
import { CecochatError } from '../core/errors.ts';
import { parseUserId } from '../core/ids.ts';
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import { canonicalUserName, checkUserName } from '../core/user-name.ts';
import type { Account, UserDb } from '../user-db/user-db.ts';
import { checkPassword, makePassword, type Passwords } from './passwords.ts';

export interface UserView {
  readonly userId: string;
  readonly name: string;
  readonly createdAtMs: number;
}

export interface UserPage {
  readonly users: readonly UserView[];
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string;
}

export interface Users {
  /** Without a password one is made, and told this once. */
  add(given: {
    name: string;
    password?: string;
    userId?: string;
    /** The password was made by chance with 128 bits or more. */
    random128?: boolean;
  }): Promise<UserView & { password?: string }>;
  list(query: { after?: string; limit: number }): Promise<UserPage>;
  byName(name: string): Promise<UserView>;
  /** By its decimal form. */
  byId(userId: string): Promise<UserView>;
  /** Without a password one is made, and told this once. */
  setPassword(name: string, password?: string): Promise<{ name: string; password?: string }>;
  remove(name: string): Promise<void>;
}

export function createUsers(deps: { userDb: UserDb; clock: Clock; random: Random; passwords: Passwords }): Users {
  const { userDb, clock, random, passwords } = deps;
  return {
    async add({ name, password, userId, random128 }) {
      const checked = checkUserName(name);
      const id = userId === undefined ? undefined : parseUserId(userId);
      if (userId !== undefined && id === undefined) {
        throw new CecochatError('request.invalid', `userId ${JSON.stringify(userId)} is no positive 64-bit number`);
      }
      const secret = password === undefined ? makePassword(random) : checkPassword(password);
      if ((await userDb.byName(checked)) !== undefined) {
        throw new CecochatError('user.exists', `there is a user named "${checked}" already`);
      }
      const made = password === undefined || random128 === true;
      const passwordHash = made ? await passwords.hashRandom(secret) : await passwords.hash(secret);
      const account = { name: checked, passwordHash, createdAtMs: clock.nowMs() };
      const added = await userDb.add(id === undefined ? account : { ...account, userId: id });
      return password === undefined ? { ...view(added), password: secret } : view(added);
    },
    async list({ after, limit }) {
      const query = { limit: limit + 1, ...(after === undefined ? {} : { after: canonicalUserName(after) }) };
      const found = await userDb.list(query);
      const users = found.slice(0, limit).map(view);
      const next = found.length > limit ? users.at(-1)?.name : undefined;
      return next === undefined ? { users } : { users, next };
    },
    async byName(name) {
      const account = await userDb.byName(canonicalUserName(name));
      if (account === undefined) throw unknown(name);
      return view(account);
    },
    async byId(userId) {
      const id = parseUserId(userId);
      const account = id === undefined ? undefined : await userDb.byId(id);
      if (account === undefined) {
        throw new CecochatError('user.unknown', `there is no user with the id ${JSON.stringify(userId)}`);
      }
      return view(account);
    },
    async setPassword(name, password) {
      const canonical = canonicalUserName(name);
      if ((await userDb.byName(canonical)) === undefined) throw unknown(name);
      const secret = password === undefined ? makePassword(random) : checkPassword(password);
      await userDb.setPasswordHash(canonical, await passwords.hash(secret));
      return password === undefined ? { name: canonical, password: secret } : { name: canonical };
    },
    async remove(name) {
      const canonical = canonicalUserName(name);
      if ((await userDb.byName(canonical)) === undefined) throw unknown(name);
      await userDb.remove(canonical);
    },
  };
}

function view({ userId, name, createdAtMs }: Account): UserView {
  return { userId: userId.toString(), name, createdAtMs };
}

function unknown(name: string): CecochatError {
  return new CecochatError('user.unknown', `there is no user named ${JSON.stringify(name.slice(0, 80))}`, {
    hint: 'cecochat user list shows all names',
  });
}
