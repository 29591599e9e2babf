/**
 * Names, each with at most one attempt or account. An attempt that does not finish within ten seconds may be
 * put out by another, and learns it when it wants to go live: a crash blocks no name.
 */
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { bigintIn, isNullIn, numberIn, textIn, uuidIn, type Row } from '../../cassandra/row-values.ts';
import { CecochatError } from '../../core/errors.ts';
import { parseUserId, type UserId } from '../../core/ids.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Account } from '../user-db.ts';

export interface NamedAccount extends Account {
  readonly attempt: string;
  readonly isLive: boolean;
  readonly reservedAtMs: number;
}

export interface AccountNames {
  /** Waits for another attempt to finish or to be put out. Error: user.exists. */
  reserve(account: Account, attempt: string): Promise<void>;
  /** Gives the reservation another id. Error: engine.unavailable when it was put out. */
  useId(account: Account, attempt: string): Promise<void>;
  /** Error: engine.unavailable when it was put out. */
  goLive(name: string, attempt: string): Promise<void>;
  /** Ends an attempt that is not live. */
  release(name: string, attempt: string): Promise<void>;
  /** After everything that was answered. */
  now(name: string): Promise<NamedAccount | undefined>;
  /** True when its attempt had time enough. */
  isOverdue(account: NamedAccount, waitedSinceMs: number): boolean;
  /** False when it is no longer there. */
  remove(account: NamedAccount): Promise<boolean>;
  /** False when there is no live account. */
  setPasswordHash(name: string, passwordHash: string): Promise<boolean>;
}

export const namePollMs = 50;
const attemptMs = 10_000;

const columns = 'name, user_id, attempt, state, reserved_at_ms, password_hash, created_at_ms';
export const selectAccount = `SELECT ${columns} FROM accounts WHERE name = ?`;
const insert = `INSERT INTO accounts (${columns}) VALUES (?, ?, ?, 'reserved', ?, ?, ?) IF NOT EXISTS`;
const setId = "UPDATE accounts SET user_id = ? WHERE name = ? IF attempt = ? AND state = 'reserved'";
const setLive = "UPDATE accounts SET state = 'live' WHERE name = ? IF attempt = ? AND state IN ('reserved', 'live')";
const deleteReserved = "DELETE FROM accounts WHERE name = ? IF attempt = ? AND state = 'reserved'";
const deleteLive = "DELETE FROM accounts WHERE name = ? IF attempt = ? AND state = 'live'";
const setHash = "UPDATE accounts SET password_hash = ? WHERE name = ? IF state = 'live'";

export function createAccountNames(session: CassandraSession, clock: Clock): AccountNames {
  const heldOrThrow = (name: string, isHeld: boolean): void => {
    if (!isHeld) {
      const what = `adding ${JSON.stringify(name)} took so long that another attempt put it out`;
      throw new CecochatError('engine.unavailable', what, { hint: 'try again' });
    }
  };
  const names: AccountNames = {
    async reserve({ name, userId, passwordHash, createdAtMs }, attempt) {
      const sinceMs = clock.monotonicMs();
      for (;;) {
        const params = [name, userId, attempt, BigInt(clock.nowMs()), passwordHash, BigInt(createdAtMs)];
        const { applied, row } = await session.conditional({ query: insert, params });
        if (applied || row === undefined) return;
        const other = toAccount(row);
        if (other.attempt === attempt) return;
        if (other.isLive) throw nameTaken(name);
        if (names.isOverdue(other, sinceMs)) await names.release(name, other.attempt);
        else await clock.sleep(namePollMs);
      }
    },
    async useId({ name, userId }, attempt) {
      const { applied } = await session.conditional({ query: setId, params: [userId, name, attempt] });
      heldOrThrow(name, applied);
    },
    async goLive(name, attempt) {
      const { applied } = await session.conditional({ query: setLive, params: [name, attempt] });
      heldOrThrow(name, applied);
    },
    async release(name, attempt) {
      await session.conditional({ query: deleteReserved, params: [name, attempt] });
    },
    async now(name) {
      const row = await session.readSerial({ query: selectAccount, params: [name] });
      return row === undefined ? undefined : toAccount(row);
    },
    isOverdue: ({ reservedAtMs }, waitedSinceMs) =>
      clock.nowMs() - reservedAtMs > attemptMs || clock.monotonicMs() - waitedSinceMs > attemptMs,
    async remove({ name, attempt }) {
      const { applied, isRetried } = await session.conditional({ query: deleteLive, params: [name, attempt] });
      // A try without an answer may be the one that removed it.
      return applied || isRetried;
    },
    async setPasswordHash(name, passwordHash) {
      return (await session.conditional({ query: setHash, params: [passwordHash, name] })).applied;
    },
  };
  return names;
}

export function toAccount(row: Row): NamedAccount {
  const userId = parseUserId(bigintIn(row, 'user_id'));
  if (userId === undefined) throw new Error('column user_id holds no user id');
  return {
    userId,
    name: textIn(row, 'name'),
    passwordHash: isNullIn(row, 'password_hash') ? '' : textIn(row, 'password_hash'),
    createdAtMs: numberIn(row, 'created_at_ms'),
    attempt: uuidIn(row, 'attempt'),
    isLive: textIn(row, 'state') === 'live',
    reservedAtMs: numberIn(row, 'reserved_at_ms'),
  };
}

export function nameTaken(name: string): CecochatError {
  return new CecochatError('user.exists', `the name ${JSON.stringify(name)} is taken`, { data: { name } });
}

export function idTaken(userId: UserId): CecochatError {
  return new CecochatError('user.exists', `the user id ${userId} is taken`, { data: { userId: String(userId) } });
}
