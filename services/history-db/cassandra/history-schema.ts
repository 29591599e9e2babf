/**
 * The tables of history, and why none of their Cassandra partitions grows without bound. A row is about 350 B
 * (200 B of text). Write times are record ids, not microseconds: never delete from feed, dialog, chats and
 * receipts without a write time above the row's, and leave the guardrail maximum_timestamp off.
 *
 * feed: one user, 2^20 positions of his log partition. A row for each of them at the very most (370 MB, a log with
 * one user only); at the design's 50 000 users a log partition (about 1 000 records/s at peak) 21 rows, 7 KB,
 * for the average user and 52 000 rows, 18 MB, for one that makes 5 % of all records.
 * dialog: one chat, 2^46 of order = 2^24 ms = 4.7 h. Two users who both send at their limit of 20/s the whole
 * time: 671 000 rows, 235 MB; 40 messages a day: some 10 rows, 4 KB.
 * feed_buckets, dialog_buckets: which buckets there are, 30 B each. A user on the busiest log who is never idle
 * makes 85 a day (10 years: 310 000, 9 MB); a chat 5 a day (19 000, 0.6 MB).
 * send_keys: one sender, 2^24 ms of key time: 336 000 rows, 30 MB at the limit of 20/s for 4.7 h.
 * chats, receipts: one user, a row per chat and two per chat: 10 000 chats are 4 MB and 3 MB.
 * watermarks: one log partition, a row per incarnation; two cells of 60 B per other partition: 10 000: 1.2 MB.
 */
import type { Schema } from '../../cassandra/cassandra-session.ts';

/** Positions in a bucket of a feed. */
export const feedBucketSize = 2 ** 20;
/** Bits of order in a bucket of a dialog: 22 below a millisecond, 24 of milliseconds. */
export const dialogBucketBits = 46n;
/** Milliseconds of key time in a bucket of a sender's keys. */
export const keyBucketMs = 2 ** 24;

export const historySchema: Schema = {
  component: 'history',
  steps: [
    {
      version: 1,
      statements: [
        // A message has chat_order and message; a receipt has reader_id, delivered, seen and receipt.
        `CREATE TABLE IF NOT EXISTS feed (
           owner bigint, incarnation uuid, bucket int, log_offset bigint,
           chat_id text, sender_id bigint,
           message_id bigint, chat_order bigint, client_id uuid, send_key uuid, message blob,
           reader_id bigint, delivered bigint, seen bigint, receipt blob,
           PRIMARY KEY ((owner, incarnation, bucket), log_offset)
         ) WITH CLUSTERING ORDER BY (log_offset DESC)`,
        `CREATE TABLE IF NOT EXISTS feed_buckets (
           owner bigint, incarnation uuid, bucket int,
           PRIMARY KEY (owner, incarnation, bucket)
         ) WITH CLUSTERING ORDER BY (incarnation DESC, bucket DESC)`,
        // place: "<owner> <incarnation> <offset>" in one cell, since both users' rows come to the same row.
        `CREATE TABLE IF NOT EXISTS dialog (
           chat_id text, bucket int, chat_order bigint,
           message_id bigint, sender_id bigint, client_id uuid, send_key uuid, message blob, place text,
           PRIMARY KEY ((chat_id, bucket), chat_order)
         ) WITH CLUSTERING ORDER BY (chat_order DESC)`,
        `CREATE TABLE IF NOT EXISTS dialog_buckets (
           chat_id text, bucket int, PRIMARY KEY (chat_id, bucket)
         ) WITH CLUSTERING ORDER BY (bucket DESC)`,
        `CREATE TABLE IF NOT EXISTS send_keys (
           sender_id bigint, bucket int, send_key uuid, chat_id text, chat_order bigint,
           PRIMARY KEY ((sender_id, bucket), send_key)
         )`,
        `CREATE TABLE IF NOT EXISTS chats (
           owner bigint, chat_id text, incarnation uuid, log_offset bigint, chat_order bigint,
           message_id bigint, sender_id bigint, client_id uuid, send_key uuid, message blob,
           PRIMARY KEY (owner, chat_id)
         )`,
        // latest: incarnation 16, offset u48, the receipt; in one cell, so that it is never of two receipts.
        `CREATE TABLE IF NOT EXISTS receipts (
           owner bigint, chat_id text, reader_id bigint, sender_id bigint,
           delivered bigint, seen bigint, latest blob,
           PRIMARY KEY (owner, chat_id, reader_id, sender_id)
         )`,
        // The newest incarnation is the one that counts. head: JSON. accepted: "<incarnation> <offset>".
        `CREATE TABLE IF NOT EXISTS watermarks (
           log_partition int, incarnation text, next_offset bigint, head text,
           accepted map<int, text>, derived map<int, bigint>,
           PRIMARY KEY (log_partition, incarnation)
         ) WITH CLUSTERING ORDER BY (incarnation DESC)`,
      ],
    },
  ],
};

export function feedBucketOf(offset: number): number {
  return Math.floor(offset / feedBucketSize);
}

export function dialogBucketOf(order: bigint): number {
  return Number(order >> dialogBucketBits);
}
