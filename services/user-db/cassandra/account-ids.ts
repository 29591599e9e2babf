/**
 * User ids, each given once. An id is claimed for an attempt; a claim is worth something as long as that attempt
 * holds its name. Ids without a wish come from a counter, above the ids that were wished for.
 */
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { bigintIn, textIn, uuidIn, type Row } from '../../cassandra/row-values.ts';
import { CecochatError } from '../../core/errors.ts';
import { parseUserId, type UserId } from '../../core/ids.ts';
import type { Clock } from '../../core/time/clock.ts';
import { namePollMs, type AccountNames } from './account-names.ts';

export interface Claim {
  readonly userId: UserId;
  readonly name: string;
  readonly attempt: string;
}

export interface AccountIds {
  /** From the counter; it may be taken all the same. */
  next(): Promise<UserId>;
  /** The counter stays above this id. */
  stayAbove(userId: UserId): Promise<void>;
  /** False when it is taken. Does not wait for others. */
  tryClaim(claim: Claim): Promise<boolean>;
  /** False when it is taken. Takes over a claim that is dead; waits for one that may still succeed. */
  claim(claim: Claim): Promise<boolean>;
  /** For ever. */
  markUsed(claim: Claim): Promise<void>;
  /** Who has it, or had it last. */
  holder(userId: UserId): Promise<Claim | undefined>;
}

/** Ids from here up are wished for only, so that the counter never runs out. */
const counterEnd = 2n ** 62n;

const insert = "INSERT INTO user_ids (user_id, name, attempt, state) VALUES (?, ?, ?, 'claimed') IF NOT EXISTS";
const takeOver = "UPDATE user_ids SET name = ?, attempt = ? WHERE user_id = ? IF attempt = ? AND state = 'claimed'";
const setUsed = "UPDATE user_ids SET state = 'used' WHERE user_id = ? IF attempt = ?";
const select = 'SELECT user_id, name, attempt, state FROM user_ids WHERE user_id = ?';
const selectCounter = "SELECT next FROM id_counters WHERE name = 'user'";
const insertCounter = "INSERT INTO id_counters (name, next) VALUES ('user', ?) IF NOT EXISTS";
const moveCounter = "UPDATE id_counters SET next = ? WHERE name = 'user' IF next = ?";

export function createAccountIds(session: CassandraSession, deps: { names: AccountNames; clock: Clock }): AccountIds {
  const { names, clock } = deps;

  /** Moves the counter to what `to` says of it; resolves with where it stood. */
  const move = async (to: (next: bigint) => bigint): Promise<bigint> => {
    const found = await session.readSerial({ query: selectCounter, params: [] });
    let next = found === undefined ? undefined : bigintIn(found, 'next');
    for (;;) {
      const target = to(next ?? 1n);
      if (target === next) return next;
      const { applied, row } = await session.conditional(
        next === undefined
          ? { query: insertCounter, params: [target] }
          : { query: moveCounter, params: [target, next] },
      );
      if (applied) return next ?? 1n;
      next = row === undefined ? undefined : bigintIn(row, 'next');
    }
  };

  const waiting: { readonly resolve: (id: bigint) => void; readonly reject: (error: unknown) => void }[] = [];
  let isMoving = false;
  /** One move for all who wait: many moves of one row at a time time each other out. */
  const serveWaiting = async (): Promise<void> => {
    if (isMoving) return;
    isMoving = true;
    while (waiting.length > 0) {
      const served = waiting.splice(0);
      try {
        const first = await move((next) => next + BigInt(served.length));
        for (const [index, { resolve }] of served.entries()) resolve(first + BigInt(index));
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    isMoving = false;
  };

  const insertClaim = async ({ userId, name, attempt }: Claim): Promise<true | Row> => {
    const { applied, row } = await session.conditional({ query: insert, params: [userId, name, attempt] });
    return applied || row === undefined || uuidIn(row, 'attempt') === attempt ? true : row;
  };

  return {
    async next() {
      const given = new Promise<bigint>((resolve, reject) => waiting.push({ resolve, reject }));
      void serveWaiting();
      const userId = parseUserId(await given);
      if (userId === undefined || userId >= counterEnd) {
        throw new CecochatError('engine.unavailable', 'all user ids are used up');
      }
      return userId;
    },
    async stayAbove(userId) {
      if (userId + 1n >= counterEnd) return;
      await move((next) => (next > userId ? next : userId + 1n));
    },
    tryClaim: async (claim) => (await insertClaim(claim)) === true,
    async claim(claim) {
      const { userId, name, attempt } = claim;
      const sinceMs = clock.monotonicMs();
      for (;;) {
        const found = await insertClaim(claim);
        if (found === true) return true;
        if (textIn(found, 'state') === 'used') return false;
        const other = uuidIn(found, 'attempt');
        const account = await names.now(textIn(found, 'name'));
        if (account?.attempt === other) {
          if (account.isLive) return false;
          if (names.isOverdue(account, sinceMs)) await names.release(account.name, other);
          else await clock.sleep(namePollMs);
          continue;
        }
        // Its name is gone, or another's: that attempt can never go live. (If it did and was removed since, the id is used.)
        const params = [name, attempt, userId, other];
        if ((await session.conditional({ query: takeOver, params })).applied) return true;
      }
    },
    async markUsed({ userId, attempt }) {
      await session.conditional({ query: setUsed, params: [userId, attempt] });
    },
    async holder(userId) {
      const [row] = await session.read({ query: select, params: [userId] });
      if (row === undefined) return undefined;
      return { userId, name: textIn(row, 'name'), attempt: uuidIn(row, 'attempt') };
    },
  };
}
