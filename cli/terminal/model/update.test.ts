import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from './action.ts';
import { panesOf } from './layout.ts';
import {
  bob,
  came,
  chat,
  chatId,
  client,
  kinds,
  message,
  newest,
  press,
  range,
  run,
  shown,
  told,
} from './running-chat.fixture.ts';
import { startState } from './start.ts';
import { withChat } from './state.ts';

test('a chat that is opened is loaded, and what is on the screen is seen', () => {
  const { state, effects } = run([newest(range(1, 3))]);
  expect(shown(state)).toEqual(['day', 'sender', 'message 1', 'message 2', 'message 3']);
  expect(effects).toEqual([{ kind: 'seen', client: 0, chatId, senderId: 2n, messageId: 3n }]);
  // Once: neither another key nor an older message says it again.
  expect(kinds(run([press('a'), press('up'), came(message(2))], state).effects)).not.toContain('seen');
});

test('Enter sends what was written, and its mark goes on with what the servers say', () => {
  const { state, effects } = run([newest([]), press('h'), press('i'), press('return')]);
  expect(effects).toContainEqual({ kind: 'send', client: 0, chatId, to: 2n, localId: 1, text: 'hi' });
  expect(chat(state)).toMatchObject({ draft: { text: '' }, pending: [{ text: 'hi', state: 'sending' }] });
  const accepted = run([told({ kind: 'accepted', chatId, localId: 1, message: message(7, 1n) })], state).state;
  expect(chat(accepted).pending).toEqual([]);
  expect(chat(accepted).window.messages.map(({ order }) => order)).toEqual([7n]);
  const receipt = { chatId, readerId: 2n, deliveredUpTo: 7n, seenUpTo: 0n };
  expect(chat(run([told({ kind: 'feed', messages: [], receipts: [receipt] })], accepted).state).deliveredUpTo).toBe(7n);
});

test('a refused send stays, with the reason, and can be taken back', () => {
  const sent = run([newest([]), press('h'), press('return')]).state;
  const { state } = run([told({ kind: 'refused', chatId, localId: 1, reason: 'no\u001b[2J' })], sent);
  expect(chat(state).pending[0]).toMatchObject({ state: 'failed', reason: 'no\\u{1b}[2J' });
  const back = run([press('r', { ctrl: true })], state).state;
  expect(chat(back)).toMatchObject({ pending: [], draft: { text: 'h' } });
});

test('a text over the limit is not sent and not lost', () => {
  const long: Action = { kind: 'paste', text: 'x'.repeat(8193) };
  const { state, effects } = run([newest([]), long, press('return')]);
  expect(kinds(effects)).not.toContain('send');
  expect(chat(state).draft.text).toHaveLength(8193);
  expect(client(state).notice).toContain('too long by 1 bytes');
});

test('a paste of many lines is text, and never sends', () => {
  const { state, effects } = run([newest([]), { kind: 'paste', text: 'one\r\ntwo\rthree\u001b[2J' }]);
  expect(chat(state).draft.text).toBe('one\ntwo\nthree[2J');
  expect(kinds(effects)).not.toContain('send');
});

test('a question mark is text in the composer, and help in the list', () => {
  const { state } = run([newest([]), press('?')]);
  expect(state.help).toBeUndefined();
  expect(chat(state).draft.text).toBe('?');
  expect(run([press('escape'), press('?')], state).state.help).toBe(0);
});

test('the line break at the end of what is sent is left out, those within stay', () => {
  const paste: Action = { kind: 'paste', text: 'one\n\ntwo\n\n' };
  const { effects } = run([newest([]), paste, press('return')]);
  expect(effects).toContainEqual(expect.objectContaining({ kind: 'send', text: 'one\n\ntwo' }));
});

test('unread messages: the view begins at the first of them, and only what was shown is seen', () => {
  const receipts = [{ chatId, readerId: 1n, deliveredUpTo: 0n, seenUpTo: 10n }];
  const chats = told({ kind: 'chats', chats: [{ chatId, partnerId: 2n, last: message(60), receipts }] });
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const { state, effects } = run(
    [
      { kind: 'resize', size: { columns: 60, rows: 20 } },
      chats,
      told({ kind: 'unread', chatId, after: 10n, count: 50 }),
      press('return'),
      newest(range(1, 60)),
    ],
    inList,
  );
  expect(kinds(effects)).toContain('count-unread');
  expect(shown(state)[0]).toBe('new');
  const seen = effects.filter((effect) => effect.kind === 'seen');
  expect(seen.length).toBe(1);
  const upTo = Number(chat(state).ownSeenUpTo);
  expect(upTo).toBeGreaterThan(10);
  expect(upTo).toBeLessThan(40);
  expect(chat(state).unread).toBe(60 - upTo);
  expect(chat(run([press('end')], state).state)).toMatchObject({ unread: 0, ownSeenUpTo: 60n });
});

test('a chat opened before its unread messages were counted begins at the first of them too', () => {
  const receipts = [{ chatId, readerId: 1n, deliveredUpTo: 0n, seenUpTo: 10n }];
  const chats = told({ kind: 'chats', chats: [{ chatId, partnerId: 2n, last: message(60), receipts }] });
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const resize: Action = { kind: 'resize', size: { columns: 60, rows: 20 } };
  const { state } = run([resize, chats, press('return'), newest(range(1, 60))], inList);
  expect(shown(state)[0]).toBe('new');
  expect(chat(state).ownSeenUpTo).toBeLessThan(40n);
});

test('of more unread messages than are counted some were seen: how many are left is told when it is known', () => {
  const seen = (seenUpTo: bigint): Action => {
    const receipts = [{ chatId, readerId: 1n, deliveredUpTo: seenUpTo, seenUpTo }];
    return told({ kind: 'feed', messages: [], receipts });
  };
  const chats = told({ kind: 'chats', chats: [{ chatId, partnerId: 2n, last: message(400), receipts: [] }] });
  const counted = told({ kind: 'unread', chatId, after: 0n, count: 100 });
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const resize: Action = { kind: 'resize', size: { columns: 60, rows: 20 } };
  const { state } = run([resize, chats, counted, press('return'), newest(range(1, 400))], inList);
  const left = (upTo: bigint): number => chat(run([seen(upTo)], state).state).unread;
  expect([left(20n), left(300n), left(350n), left(400n)]).toEqual([100, 100, 50, 0]);
  const past = withChat(client(state), { ...chat(state), window: { ...chat(state).window, live: false } });
  expect(chat(run([seen(350n)], { ...state, clients: [past] }).state).unread).toBe(100);
});

test('a count of unread messages from before more were seen is not taken', () => {
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const seen = (seenUpTo: bigint): Action => {
    const receipts = [{ chatId, readerId: 1n, deliveredUpTo: seenUpTo, seenUpTo }];
    return told({ kind: 'feed', messages: [], receipts });
  };
  const partly = run([came(...range(1, 90)), seen(10n)], inList);
  expect(partly.effects).toContainEqual(expect.objectContaining({ kind: 'count-unread', after: 10n }));
  const { state } = run([seen(90n), told({ kind: 'unread', chatId, after: 10n, count: 80 })], partly.state);
  expect(client(state).chats.get(chatId)?.unread).toBe(0);
});

test('End far from the newest: what stands there until it has come does not count as seen', () => {
  const chats = told({ kind: 'chats', chats: [{ chatId, partnerId: 2n, last: message(900), receipts: [] }] });
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const resize: Action = { kind: 'resize', size: { columns: 60, rows: 20 } };
  const { state } = run([resize, chats, press('return'), newest(range(800, 900), false)], inList);
  const past = {
    ...chat(state),
    loading: undefined,
    window: { ...chat(state).window, messages: range(200, 500), live: false },
  };
  const end = run([press('end')], { ...state, clients: [withChat(client(state), past)] });
  expect(kinds(end.effects)).toEqual(['load-newest']);
  expect(kinds(run([newest(range(800, 900), false)], end.state).effects)).toContain('seen');
});

test('read on another device: nothing is unread here any more', () => {
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const receipt = { chatId, readerId: 1n, deliveredUpTo: 5n, seenUpTo: 5n };
  const { state } = run([came(...range(1, 5))], inList);
  expect(client(state).chats.get(chatId)?.unread).toBe(5);
  const read = run([told({ kind: 'feed', messages: [], receipts: [receipt] })], state).state;
  expect(client(read).chats.get(chatId)?.unread).toBe(0);
});

test('older pages are asked for before the edge is reached, once at a time', () => {
  const { state, effects } = run([newest(range(200, 231), false)]);
  expect(effects.filter((effect) => effect.kind === 'load-older')).toEqual([
    { kind: 'load-older', client: 0, chatId, before: 200n },
  ]);
  expect(kinds(run([press('pageup')], state).effects)).not.toContain('load-older');
});

test('leaving asks first when something is unsent', () => {
  const { state, effects } = run([newest([]), press('h'), press('return'), press('c', { ctrl: true })]);
  expect(state.leaving).toBe(true);
  expect(kinds(effects)).not.toContain('leave');
  expect(kinds(run([press('c', { ctrl: true })], state).effects)).toEqual(['leave']);
});

test('a draft stays with its chat', () => {
  const { state } = run([newest([]), press('h'), press('escape')]);
  expect(client(state).focus).toBe('list');
  expect(chat(run([press('return')], state).state).draft.text).toBe('h');
});

describe('whatever arrives', () => {
  const arrivals = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 20 });

  test('what is being read stays where it is, and a count says what came', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 200 }), (batches, up) => {
        let { state } = run([newest(range(1, 300))]);
        const presses = Array.from({ length: up }, () => press('up'));
        state = run(presses, state).state;
        const before = shown(state);
        let order = 301;
        let foreign = 0;
        for (const batch of batches) {
          const messages = batch.map((other) => message(order++, other ? 2n : 1n));
          foreign += batch.filter(Boolean).length;
          state = run([came(...messages)], state).state;
        }
        expect(shown(state)).toEqual(before);
        expect(chat(state).newBelow).toBe(foreign);
      }),
      { numRuns: 50 },
    );
  });

  test('older pages that are loaded do not move it either', () => {
    let { state } = run([newest(range(200, 300), false), press('pageup'), press('pageup')]);
    const before = shown(state);
    state = run(
      [
        told({
          kind: 'page',
          page: { chatId, what: 'older', messages: range(100, 199), end: false, below: undefined },
        }),
      ],
      state,
    ).state;
    expect(shown(state)).toEqual(before);
  });

  test('no key and no size breaks it', () => {
    const names: string[] = [
      'return',
      'newline',
      'escape',
      'tab',
      'backspace',
      'delete',
      'left',
      'right',
      'up',
      'down',
      'home',
      'end',
      'pageup',
      'pagedown',
      'f1',
      'a',
      '?',
      'n',
      'q',
      '你',
    ];
    const keys = fc.record({ name: fc.constantFrom(...names), ctrl: fc.boolean(), alt: fc.boolean() });
    const actions: fc.Arbitrary<Action> = fc.oneof(
      keys.map(({ name, ctrl, alt }) => press(name, { ctrl, alt })),
      fc
        .record({ columns: fc.integer({ min: 10, max: 300 }), rows: fc.integer({ min: 4, max: 100 }) })
        .map((size): Action => ({ kind: 'resize', size })),
      fc.integer({ min: 1, max: 400 }).map((order) => came(message(order))),
    );
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 60 }), (all) => {
        const { state } = run([newest(range(100, 131), false), ...all]);
        const pane = panesOf(state)[0];
        expect(pane?.width).toBe(state.size.columns);
        const rows = pane === undefined || pane.chatWidth === 0 ? [] : shown(state);
        expect(rows.length).toBeLessThanOrEqual(pane?.messagesHeight ?? 0);
      }),
      { numRuns: 150 },
    );
  });
});
