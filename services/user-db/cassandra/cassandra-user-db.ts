/**
 * User accounts and signing keys on Cassandra. Names and ids are unique whoever adds at the same time and
 * whatever crashes; an id that was once given is never given again.
 */
import { randomUUID } from 'node:crypto';
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { numberIn, textIn } from '../../cassandra/row-values.ts';
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Account, UserDb } from '../user-db.ts';
import { createAccountIds } from './account-ids.ts';
import { createAccountList } from './account-list.ts';
import { createAccountNames, idTaken, selectAccount, toAccount, type NamedAccount } from './account-names.ts';
import { userSchema } from './user-schema.ts';

const maxNameBytes = 1024;

const selectKeys = "SELECT key_id, private_jwk, created_at_ms FROM signing_keys WHERE realm = 'sessions'";
const insertKey =
  "INSERT INTO signing_keys (realm, key_id, private_jwk, created_at_ms) VALUES ('sessions', ?, ?, ?) IF NOT EXISTS";

/** The session stays open when the store is closed. Errors: data.newer, engine.unavailable. */
export async function openCassandraUserDb(options: {
  readonly session: CassandraSession;
  readonly clock: Clock;
}): Promise<UserDb> {
  const { session, clock } = options;
  await session.migrate(userSchema);
  const names = createAccountNames(session, clock);
  const ids = createAccountIds(session, { names, clock });
  const list = createAccountList(session);

  const liveByName = async (name: string): Promise<NamedAccount | undefined> => {
    if (!isPossible(name)) return undefined;
    const [row] = await session.read({ query: selectAccount, params: [name] });
    const account = row === undefined ? undefined : toAccount(row);
    return account?.isLive === true ? account : undefined;
  };
  const byName = async (name: string): Promise<Account | undefined> => {
    const found = await liveByName(name);
    return found === undefined ? undefined : plain(found);
  };

  /** With an id of its own for the attempt that holds the name. */
  const withId = async (reserved: Account, given: { attempt: string; isWished: boolean }): Promise<Account> => {
    const { attempt, isWished } = given;
    const { name } = reserved;
    if (isWished) {
      if (!(await ids.claim({ userId: reserved.userId, name, attempt }))) throw idTaken(reserved.userId);
      await ids.stayAbove(reserved.userId);
      return reserved;
    }
    let account = reserved;
    while (!(await ids.tryClaim({ userId: account.userId, name, attempt }))) {
      account = { ...account, userId: await ids.next() };
      await names.useId(account, attempt);
    }
    return account;
  };

  return {
    durability: session.durability,
    async add({ userId, name, passwordHash, createdAtMs }) {
      if (!isPossible(name)) {
        throw new CecochatError('request.invalid', `a user name has 1 to ${maxNameBytes} bytes`);
      }
      const attempt = randomUUID();
      const reserved = { userId: userId ?? (await ids.next()), name, passwordHash, createdAtMs };
      await names.reserve(reserved, attempt);
      try {
        const account = await withId(reserved, { attempt, isWished: userId !== undefined });
        await list.add(name, attempt);
        await names.goLive(name, attempt);
        // Live already: who finds the claim only looks at the name.
        await ids.markUsed({ userId: account.userId, name, attempt }).catch(() => undefined);
        return account;
      } catch (error) {
        // What stays when this fails too is put out by whoever wants the name or the id.
        await names.release(name, attempt).catch(() => undefined);
        throw error;
      }
    },
    byName,
    async byId(userId) {
      const holder = await ids.holder(userId);
      const account = holder === undefined ? undefined : await liveByName(holder.name);
      return account?.userId === userId && account.attempt === holder?.attempt ? plain(account) : undefined;
    },
    async list({ after, limit }) {
      return limit <= 0 ? [] : list.page({ after: after ?? '', limit }, byName);
    },
    async setPasswordHash(name, passwordHash) {
      if (!isPossible(name) || !(await names.setPasswordHash(name, passwordHash))) throw unknown(name);
    },
    async remove(name) {
      const account = isPossible(name) ? await names.now(name) : undefined;
      if (account?.isLive !== true) throw unknown(name);
      // First, so that nobody takes the claim for a dead one when the name is gone.
      await ids.markUsed(account);
      if (!(await names.remove(account))) throw unknown(name);
      await list.remove(name, account.attempt);
    },
    async signingKeys() {
      const keys = (await session.read({ query: selectKeys, params: [] })).map((row) => ({
        keyId: textIn(row, 'key_id'),
        privateJwk: textIn(row, 'private_jwk'),
        createdAtMs: numberIn(row, 'created_at_ms'),
      }));
      return keys.toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.keyId < b.keyId ? 1 : -1));
    },
    async addSigningKey({ keyId, privateJwk, createdAtMs }) {
      await session.conditional({ query: insertKey, params: [keyId, privateJwk, BigInt(createdAtMs)] });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Cassandra has no empty keys and none above 64 KiB. */
function isPossible(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= maxNameBytes;
}

function plain({ userId, name, passwordHash, createdAtMs }: Account): Account {
  return { userId, name, passwordHash, createdAtMs };
}

function unknown(name: string): CecochatError {
  return new CecochatError('user.unknown', `there is no user ${JSON.stringify(name.slice(0, 80))}`);
}
