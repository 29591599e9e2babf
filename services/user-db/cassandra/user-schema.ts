/**
 * The tables of user accounts. accounts and user_ids are written by lightweight transactions only.
 * A name is first reserved by an attempt, then its id is claimed for that attempt, then the account goes live:
 * that is the commit point. A claim whose attempt holds no name any more is dead and may be taken over.
 * account_list: names in 64 shards: with 100 million users 1.6 million names of some 60 B, 94 MB, in each; an
 * entry without a live account means nothing. All other Cassandra partitions hold one row, or a few keys.
 */
import { createHash } from 'node:crypto';
import type { Schema } from '../../cassandra/cassandra-session.ts';

export const listShards = 64;

/** Never changes: it says where a name stands in account_list. */
export function listShardOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt8(0) % listShards;
}

export const userSchema: Schema = {
  component: 'users',
  steps: [
    {
      version: 1,
      statements: [
        // state: reserved, live.
        `CREATE TABLE IF NOT EXISTS accounts (
           name text PRIMARY KEY, user_id bigint, attempt uuid, state text, reserved_at_ms bigint,
           password_hash text, created_at_ms bigint
         )`,
        // state: claimed, used (for ever, also when the account is removed).
        'CREATE TABLE IF NOT EXISTS user_ids (user_id bigint PRIMARY KEY, name text, attempt uuid, state text)',
        'CREATE TABLE IF NOT EXISTS id_counters (name text PRIMARY KEY, next bigint)',
        `CREATE TABLE IF NOT EXISTS account_list (
           shard int, name text, attempt uuid, PRIMARY KEY (shard, name, attempt)
         )`,
        `CREATE TABLE IF NOT EXISTS signing_keys (
           realm text, key_id text, private_jwk text, created_at_ms bigint, PRIMARY KEY (realm, key_id)
         )`,
      ],
    },
  ],
};
