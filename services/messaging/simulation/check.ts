/**
 * The promises, checked against what clients saw after everything healed. Knows nothing of the rules: only
 * messages, feeds and history.
 */
import { createFold, emptyState } from '../../core/log/fold.ts';
import type { UserId } from '../../core/ids.ts';
import type { FeedEntry } from '../owner.ts';
import type { SimClient } from './sim-client.ts';
import { simDecoders, type SimHistory } from './sim-history.ts';
import type { World } from './sim-world.ts';

export function checkPromises(clients: readonly SimClient[], history: SimHistory): string[] {
  const found: string[] = [];
  const byUser = new Map<UserId, SimClient[]>();
  for (const client of clients) byUser.set(client.user, [...(byUser.get(client.user) ?? []), client]);
  for (const client of clients) {
    const seen = keysOf(client.feed);
    if (new Set(seen).size !== seen.length) found.push(`the feed of ${client.user} has a message twice`);
    for (const send of client.outbox) {
      if (send.acked === undefined) found.push(`${client.user} got no answer for ${send.chatId} number ${send.number}`);
      for (const other of [...(byUser.get(client.user) ?? []), ...(byUser.get(send.to) ?? [])]) {
        const copies = messagesIn(other.feed).filter(({ key }) => key === send.key);
        if (copies.length !== 1)
          found.push(
            `${send.chatId} number ${send.number} of ${client.user}: ${copies.length} times in a feed of ${other.user}`,
          );
        else if (copies[0]?.id !== send.acked) found.push(`${send.key} was acknowledged with another id`);
      }
    }
    found.push(...reorderings(client));
  }
  for (const [user, own] of byUser) {
    const [first] = own;
    if (first === undefined) continue;
    for (const other of own)
      if (offsetsOf(other.feed) !== offsetsOf(first.feed)) found.push(`two clients of ${user} saw different feeds`);
    found.push(...compareHistory(user, { feed: first.feed, history }));
  }
  return found;
}

/** In a schedule without faults nothing is ever missing, late or appended twice. */
export function checkCalm(world: World): string[] {
  const found: string[] = [];
  for (const [partition, log] of world.logs.entries()) {
    const fold = createFold(emptyState, { partition, partitionCount: world.partitionCount });
    for (const entry of log) {
      const verdict = fold.apply(entry);
      // Derived records may come before a partition's first fence.
      if (verdict === 'valid' || fold.state.incarnation === '' || 'source' in entry.record) continue;
      found.push(`partition ${partition}: ${entry.record.kind} at ${entry.offset} is ${verdict} without any fault`);
    }
  }
  return found;
}

interface Seen {
  readonly key: string;
  readonly id: bigint;
  readonly sender: UserId;
  readonly client: string;
  readonly chat: string;
  readonly number: number;
}

function messagesIn(feed: readonly FeedEntry[]): readonly Seen[] {
  return feed.flatMap(({ record }) => {
    if (record.kind !== 'sent' && record.kind !== 'received') return [];
    const head = simDecoders.message(record.message);
    if (head === undefined) return [];
    const number = Number(Buffer.from(record.message).toString().split('|')[5]);
    const { key, messageId: id, senderId: sender, clientId: client, chatId: chat } = head;
    return [{ key, id, sender, client, chat, number }];
  });
}

function keysOf(feed: readonly FeedEntry[]): readonly string[] {
  return messagesIn(feed).map(({ key }) => key);
}

function offsetsOf(feed: readonly FeedEntry[]): string {
  return feed.map(({ offset }) => offset).join(' ');
}

function reorderings({ user, feed }: SimClient): string[] {
  const found: string[] = [];
  const last = new Map<string, Seen>();
  for (const seen of messagesIn(feed)) {
    const of = `${seen.client} in ${seen.chat}`;
    const before = last.get(of);
    if (before !== undefined && (seen.number <= before.number || seen.id <= before.id))
      found.push(`the feed of ${user} has number ${seen.number} of ${of} after ${before.number}`);
    last.set(of, seen);
  }
  return found;
}

function compareHistory(
  user: UserId,
  { feed, history }: { feed: readonly FeedEntry[]; history: SimHistory },
): string[] {
  const rows = history
    .rows(user)
    .flatMap((row) => (row.kind === 'message' ? [`${row.position.offset}:${row.key}`] : []));
  const live = feed.flatMap(({ offset, record }) => {
    const head = record.kind === 'sent' || record.kind === 'received' ? simDecoders.message(record.message) : undefined;
    return head === undefined ? [] : [`${offset}:${head.key}`];
  });
  return rows.join(' ') === live.join(' ') ? [] : [`the history of ${user} is not its feed`];
}
