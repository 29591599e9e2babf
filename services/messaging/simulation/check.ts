/**
 * The promises, checked against what clients saw after everything healed. Knows nothing of the rules: only
 * messages, feeds and history.
 */
import { createFold, emptyState } from '../../core/log/fold.ts';
import type { UserId } from '../../core/ids.ts';
import type { FeedEntry } from '../owner.ts';
import type { SimClient } from './sim-client.ts';
import { numberOf, simDecoders, type SimHistory } from './sim-history.ts';
import type { World } from './sim-world.ts';

export function checkPromises(clients: readonly SimClient[], history: SimHistory): string[] {
  const found: string[] = [];
  const byUser = new Map<UserId, Reader[]>();
  const readers = clients.map(readerOf);
  for (const reader of readers) byUser.set(reader.client.user, [...(byUser.get(reader.client.user) ?? []), reader]);
  for (const { client, messages, copies } of readers) {
    if (copies.size !== messages.length) found.push(`the feed of ${client.user} has a message twice`);
    for (const send of client.outbox) {
      const what = `${send.chatId} number ${send.number} of ${client.user}`;
      if (send.acked === undefined) found.push(`no answer for ${what}`);
      for (const other of [...(byUser.get(client.user) ?? []), ...(byUser.get(send.to) ?? [])]) {
        const seen = other.copies.get(send.key) ?? [];
        if (seen.length !== 1) found.push(`${what}: ${seen.length} times in a feed of ${other.client.user}`);
        else if (seen[0]?.id !== send.acked) found.push(`${what} was acknowledged with another id`);
      }
    }
    found.push(...reorderings(client.user, messages));
  }
  found.push(...compareReceipts(clients));
  for (const [user, own] of byUser) {
    const [first] = own;
    if (first === undefined) continue;
    for (const other of own)
      if (offsetsOf(other.client.feed) !== offsetsOf(first.client.feed))
        found.push(`two clients of ${user} saw different feeds`);
    found.push(...compareHistory(user, { feed: first.client.feed, history }));
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
    const number = numberOf(record.message);
    const { key, messageId: id, senderId: sender, clientId: client, chatId: chat } = head;
    return [{ key, id, sender, client, chat, number }];
  });
}

interface Reader {
  readonly client: SimClient;
  readonly messages: readonly Seen[];
  readonly copies: ReadonlyMap<string, readonly Seen[]>;
}

function readerOf(client: SimClient): Reader {
  const messages = messagesIn(client.feed);
  const copies = new Map<string, Seen[]>();
  for (const seen of messages) copies.set(seen.key, [...(copies.get(seen.key) ?? []), seen]);
  return { client, messages, copies };
}

function offsetsOf(feed: readonly FeedEntry[]): string {
  return feed.map(({ offset }) => offset).join(' ');
}

function reorderings(user: UserId, messages: readonly Seen[]): string[] {
  const found: string[] = [];
  const last = new Map<string, Seen>();
  for (const seen of messages) {
    const of = `${seen.client} in ${seen.chat}`;
    const before = last.get(of);
    if (before !== undefined && (seen.number <= before.number || seen.id <= before.id))
      found.push(`the feed of ${user} has number ${seen.number} of ${of} after ${before.number}`);
    last.set(of, seen);
  }
  return found;
}

/** A sender sees each reader's confirmations, in their order. */
function compareReceipts(clients: readonly SimClient[]): string[] {
  const found: string[] = [];
  for (const reader of clients)
    for (const sender of clients) {
      const [confirmed, told] = [reader, sender].map((client) =>
        receiptsIn(client.feed).filter((receipt) => receipt.includes(`|${reader.user}|${sender.user}|`)),
      );
      if (confirmed?.join(' ') !== told?.join(' '))
        found.push(`${sender.user} was told something else than ${reader.user} confirmed`);
    }
  return found;
}

function receiptsIn(feed: readonly FeedEntry[]): readonly string[] {
  return feed.flatMap(({ record }) =>
    record.kind === 'confirmed' || record.kind === 'receipt' ? [Buffer.from(record.receipt).toString()] : [],
  );
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
