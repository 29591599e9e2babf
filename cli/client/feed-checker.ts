/**
 * Compares what clients sent and saw with the promises: nothing acknowledged is lost, nothing is seen
 * twice, one sender's messages to one chat keep their order, all devices of a user and the history tell the
 * same. Pure; used by smoke, bench and the kill test.
 */
import { parseDialog } from '../../services/core/chat-id.ts';
import type { FeedEvent } from './chat-client.ts';

/** A message as a device or the history showed it. */
export interface Sighting {
  readonly messageId: bigint;
  readonly chatId: string;
  readonly senderId: bigint;
  readonly key: string;
}

/** What one client sent, in the order of its `send` calls. */
export interface SentLog {
  readonly client: string;
  readonly senderId: bigint;
  readonly sends: readonly {
    readonly key: string;
    readonly chatId: string;
    /** Undefined: refused, or never answered. */
    readonly messageId: bigint | undefined;
    /** Finally refused: it must not be seen anywhere. */
    readonly refused?: boolean;
  }[];
}

/** What one device of a user saw, in the order it saw it. */
export interface FeedLog {
  readonly client: string;
  readonly userId: bigint;
  readonly seen: readonly Sighting[];
}

/** The user history, oldest first; or one dialog, oldest first. */
export interface HistoryLog {
  readonly userId: bigint;
  readonly chatId?: string;
  readonly messages: readonly Sighting[];
}

export interface Evidence {
  readonly sent: readonly SentLog[];
  /** Every feed from the beginning of what was sent. */
  readonly feeds: readonly FeedLog[];
  readonly histories: readonly HistoryLog[];
}

export interface Finding {
  readonly kind: 'loss' | 'duplicate' | 'reorder' | 'difference' | 'invented';
  readonly where: string;
  readonly what: string;
}

export function checkFeeds(evidence: Evidence): Finding[] {
  const findings: Finding[] = [];
  const report = (kind: Finding['kind'], where: string, what: string): void =>
    void findings.push({ kind, where, what });
  checkSent(evidence, report);
  for (const feed of evidence.feeds) {
    const where = `feed of user ${feed.userId} at ${feed.client}`;
    checkOnce(feed.seen, (kind, what) => report(kind, where, what));
    checkOrder(feed.seen, (what) => report('reorder', where, what));
    checkComplete(evidence.sent, { userId: feed.userId, seen: feed.seen }, (kind, what) => report(kind, where, what));
  }
  for (const history of evidence.histories) {
    const where = `history of user ${history.userId}${history.chatId === undefined ? '' : `, chat ${history.chatId}`}`;
    checkOnce(history.messages, (kind, what) => report(kind, where, what));
    checkOrder(history.messages, (what) => report('reorder', where, what));
    const part = { userId: history.userId, seen: history.messages, chatId: history.chatId };
    checkComplete(evidence.sent, part, (kind, what) => report(kind, where, what));
    if (history.chatId !== undefined) {
      checkSorted(history.messages, (what) => report('reorder', where, what));
    }
  }
  checkSame(evidence, report);
  return findings;
}

/** The sighting in a feed event; for an acknowledgement, the client's own send. */
export function sightingOf({ event }: Pick<FeedEvent, 'event'>, ownUserId: bigint): Sighting | undefined {
  switch (event?.$case) {
    case 'message': {
      const { messageId, chatId, senderId, key } = event.value;
      return { messageId, chatId, senderId, key };
    }
    case 'ack': {
      const { messageId, chatId, key } = event.value;
      return { messageId, chatId, senderId: ownUserId, key };
    }
    case 'receipt':
    case undefined:
      return undefined;
  }
}

type Report = (kind: Finding['kind'], where: string, what: string) => void;

/** The ids of one client's accepted sends to one chat grow in the order it sent them. */
function checkSent({ sent }: Evidence, report: Report): void {
  const ids = new Map<bigint, string>();
  for (const log of sent) {
    const last = new Map<string, bigint>();
    for (const { key, chatId, messageId } of log.sends) {
      if (messageId === undefined) continue;
      const before = last.get(chatId);
      if (before !== undefined && messageId <= before) {
        report('reorder', `sends of ${log.client}`, `key ${key} became ${messageId}, the send before it ${before}`);
      }
      last.set(chatId, messageId);
      const other = ids.get(messageId);
      if (other !== undefined && other !== key) {
        report('duplicate', `sends of ${log.client}`, `keys ${key} and ${other} were both given message ${messageId}`);
      }
      ids.set(messageId, key);
    }
  }
}

/** No message twice, no key as two messages. */
function checkOnce(seen: readonly Sighting[], report: (kind: Finding['kind'], what: string) => void): void {
  const byId = new Map<bigint, Sighting>();
  const byKey = new Map<string, bigint>();
  for (const sighting of seen) {
    const { messageId, key } = sighting;
    if (byId.has(messageId)) report('duplicate', `message ${messageId} (key ${key}) is there twice`);
    byId.set(messageId, sighting);
    const other = byKey.get(key);
    if (other !== undefined && other !== messageId) {
      report('duplicate', `key ${key} is there as messages ${other} and ${messageId}`);
    }
    byKey.set(key, messageId);
  }
}

/** One sender's messages in one chat come with growing ids. */
function checkOrder(seen: readonly Sighting[], report: (what: string) => void): void {
  const last = new Map<string, bigint>();
  for (const { chatId, senderId, messageId } of seen) {
    const name = `${chatId}/${senderId}`;
    const before = last.get(name) ?? 0n;
    if (messageId < before) report(`message ${messageId} of user ${senderId} in chat ${chatId} comes after ${before}`);
    else last.set(name, messageId);
  }
}

function checkSorted(messages: readonly Sighting[], report: (what: string) => void): void {
  let before = 0n;
  for (const { messageId } of messages) {
    if (messageId < before) report(`message ${messageId} comes after ${before}`);
    before = messageId;
  }
}

interface Part {
  readonly userId: bigint;
  readonly chatId?: string | undefined;
  readonly seen: readonly Sighting[];
}

/** Every acknowledged message of the user's chats is there under its id, and nothing that nobody sent. */
function checkComplete(
  sent: readonly SentLog[],
  part: Part,
  report: (kind: Finding['kind'], what: string) => void,
): void {
  const seenByKey = new Map(part.seen.map((sighting) => [sighting.key, sighting]));
  const known = new Map<string, { senderId: bigint; refused: boolean }>();
  for (const { client, senderId, sends } of sent) {
    for (const { key, chatId, messageId, refused = false } of sends) {
      known.set(key, { senderId, refused });
      if (messageId === undefined || !concerns(chatId, part)) continue;
      const sighting = seenByKey.get(key);
      if (sighting === undefined) {
        report(
          'loss',
          `message ${messageId} (key ${key}) of ${client} in chat ${chatId} was acknowledged and is missing`,
        );
      } else if (sighting.messageId !== messageId) {
        report('difference', `key ${key} was acknowledged as ${messageId} and is there as ${sighting.messageId}`);
      }
    }
  }
  for (const { key, messageId, senderId, chatId } of part.seen) {
    const send = known.get(key);
    if (send === undefined) report('invented', `message ${messageId} (key ${key}) was sent by nobody`);
    else if (send.refused) report('invented', `message ${messageId} (key ${key}) was refused and is there`);
    else if (send.senderId !== senderId) report('difference', `message ${messageId} is said to be of user ${senderId}`);
    if (!concerns(chatId, part)) report('invented', `message ${messageId} of chat ${chatId} does not belong here`);
  }
}

function concerns(chatId: string, { userId, chatId: only }: Part): boolean {
  if (only !== undefined && only !== chatId) return false;
  return parseDialog(chatId)?.users.some((user) => user === userId) ?? false;
}

/** All devices of a user, and its user history, show the same messages in the same order. */
function checkSame({ feeds, histories }: Evidence, report: Report): void {
  const first = new Map<bigint, { name: string; ids: readonly bigint[] }>();
  const lists = [
    ...feeds.map(({ userId, client, seen }) => ({ userId, name: client, seen })),
    ...histories
      .filter(({ chatId }) => chatId === undefined)
      .map(({ userId, messages }) => ({ userId, name: 'history', seen: messages })),
  ];
  for (const { userId, name, seen } of lists) {
    const ids = seen.map(({ messageId }) => messageId);
    const other = first.get(userId);
    if (other === undefined) {
      first.set(userId, { name, ids });
      continue;
    }
    const place = ids.findIndex((id, index) => id !== other.ids[index]);
    const at = place === -1 && ids.length !== other.ids.length ? ids.length : place;
    if (at === -1) continue;
    const here = ids[at] ?? 'the end';
    report(
      'difference',
      `user ${userId}`,
      `${name} has ${here} at place ${at}, ${other.name} has ${other.ids[at] ?? 'the end'}`,
    );
  }
}
