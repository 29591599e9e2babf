import { describe, expect, test } from 'vitest';
import { checkFeeds, type Evidence, type Sighting } from './feed-checker.ts';

const message = (messageId: bigint, senderId = 1n): Sighting => ({
  messageId,
  senderId,
  chatId: '1-2',
  key: `key-${messageId}`,
});
const good = [message(1n), message(2n, 2n), message(3n), message(4n)];

function evidence(change: {
  feed?: readonly Sighting[];
  history?: readonly Sighting[];
  dialog?: readonly Sighting[];
}): Evidence {
  const sends = (senderId: bigint): { key: string; chatId: string; messageId: bigint }[] =>
    good.filter((one) => one.senderId === senderId).map(({ key, chatId, messageId }) => ({ key, chatId, messageId }));
  return {
    sent: [
      { client: 'bob', senderId: 1n, sends: sends(1n) },
      { client: 'alice', senderId: 2n, sends: sends(2n) },
    ],
    feeds: [
      { client: 'bob', userId: 1n, seen: good },
      { client: 'alice', userId: 2n, seen: good },
      { client: 'alice again', userId: 2n, seen: change.feed ?? good },
    ],
    histories: [
      { userId: 2n, messages: change.history ?? good },
      { userId: 2n, chatId: '1-2', messages: change.dialog ?? good },
    ],
  };
}

function kindsOf(found: Evidence): string[] {
  return [...new Set(checkFeeds(found).map(({ kind }) => kind))].toSorted();
}

describe('checkFeeds', () => {
  test('finds nothing where nothing is wrong', () => {
    expect(checkFeeds(evidence({}))).toEqual([]);
  });

  test('finds a planted loss in a feed', () => {
    expect(kindsOf(evidence({ feed: good.filter(({ messageId }) => messageId !== 3n) }))).toEqual([
      'difference',
      'loss',
    ]);
  });

  test('finds a planted loss of the last message', () => {
    expect(kindsOf(evidence({ feed: good.slice(0, -1) }))).toEqual(['difference', 'loss']);
  });

  test('finds a planted duplicate in a feed', () => {
    expect(kindsOf(evidence({ feed: [...good, message(4n)] }))).toEqual(['difference', 'duplicate']);
  });

  test('finds one key that became two messages', () => {
    expect(kindsOf(evidence({ feed: [...good, { ...message(9n), key: 'key-4' }] }))).toContain('duplicate');
  });

  test('finds a planted reordering of one sender', () => {
    const feed = [message(3n), message(2n, 2n), message(1n), message(4n)];
    expect(kindsOf(evidence({ feed }))).toEqual(['difference', 'reorder']);
  });

  test('finds two devices that saw two senders in different order', () => {
    const feed = [message(2n, 2n), message(1n), message(3n), message(4n)];
    expect(kindsOf(evidence({ feed }))).toEqual(['difference']);
  });

  test('finds a history that lacks a message', () => {
    expect(kindsOf(evidence({ history: good.slice(1) }))).toEqual(['difference', 'loss']);
  });

  test('finds a dialog that is not sorted by message id', () => {
    const dialog = [message(2n, 2n), message(1n), message(3n), message(4n)];
    expect(kindsOf(evidence({ dialog }))).toEqual(['reorder']);
  });

  test('finds a message that nobody sent', () => {
    expect(kindsOf(evidence({ dialog: [...good, message(5n)] }))).toEqual(['invented']);
  });

  test('finds a refused send that is there all the same', () => {
    const found = evidence({});
    const sends = found.sent[0]?.sends.map((send) => ({ ...send, messageId: undefined, refused: true })) ?? [];
    const sent = [{ client: 'bob', senderId: 1n, sends }, ...found.sent.slice(1)];
    expect(kindsOf({ ...found, sent })).toEqual(['invented']);
  });

  test('finds acknowledgements that contradict the order of the sends', () => {
    const found = evidence({});
    const sends = found.sent[0]?.sends.toReversed() ?? [];
    expect(kindsOf({ ...found, sent: [{ client: 'bob', senderId: 1n, sends }, ...found.sent.slice(1)] })).toEqual([
      'reorder',
    ]);
  });
});
