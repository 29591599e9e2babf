/**
 * Names in order, merged from shards: a page of n names reads at most n entries of each. An entry is written
 * before its account goes live, so that no account is missing; who lists leaves out what is not live.
 */
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { textIn } from '../../cassandra/row-values.ts';
import type { Account } from '../user-db.ts';
import { listShardOf, listShards } from './user-schema.ts';

export interface AccountList {
  add(name: string, attempt: string): Promise<void>;
  remove(name: string, attempt: string): Promise<void>;
  /** `live` gives the account of a name, when there is one. */
  page(
    query: { readonly after: string; readonly limit: number },
    live: (name: string) => Promise<Account | undefined>,
  ): Promise<readonly Account[]>;
}

// An attempt is added once and removed once, so these write times say which was later.
const insert = 'INSERT INTO account_list (shard, name, attempt) VALUES (?, ?, ?) USING TIMESTAMP 1';
const remove = 'DELETE FROM account_list USING TIMESTAMP 2 WHERE shard = ? AND name = ? AND attempt = ?';
const select = 'SELECT name FROM account_list WHERE shard = ? AND name > ? LIMIT ?';

export function createAccountList(session: CassandraSession): AccountList {
  /** The next names of all shards, in order, as far as no shard can have one in between. */
  const next = async (after: string, limit: number): Promise<{ names: string[]; end: boolean }> => {
    const shards = await Promise.all(
      Array.from({ length: listShards }, async (_, shard) => {
        const rows = await session.read({ query: select, params: [shard, after, limit] });
        return rows.map((row) => textIn(row, 'name'));
      }),
    );
    const cut = shards.filter((names) => names.length >= limit).map((names) => names.at(-1) ?? '');
    const horizon = cut.toSorted(byBytes)[0];
    const all = [...new Set(shards.flat())].toSorted(byBytes);
    const sure = horizon === undefined ? all : all.filter((name) => byBytes(name, horizon) <= 0);
    return { names: sure.slice(0, limit), end: horizon === undefined && sure.length <= limit };
  };

  return {
    add: (name, attempt) => session.write([{ query: insert, params: [listShardOf(name), name, attempt] }]),
    remove: (name, attempt) => session.write([{ query: remove, params: [listShardOf(name), name, attempt] }]),
    async page({ after, limit }, live) {
      const found: Account[] = [];
      let from = after;
      while (found.length < limit) {
        const { names, end } = await next(from, limit - found.length);
        const accounts = await Promise.all(names.map(live));
        for (const account of accounts) if (account !== undefined) found.push(account);
        const last = names.at(-1);
        if (end || last === undefined) break;
        from = last;
      }
      return found;
    },
  };
}

/** The order of Cassandra's text: by UTF-8. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
