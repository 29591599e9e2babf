import { expect, test } from 'vitest';
import type { Action } from './action.ts';
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

test('away from the terminal nothing is seen; what came is new when its user is back', () => {
  const focus = (focused: boolean): Action => ({ kind: 'focus', focused });
  const away = run([newest(range(1, 30)), focus(false), came(...range(31, 33))]);
  expect(chat(away.state)).toMatchObject({ unread: 3, ownSeenUpTo: 30n });
  expect(kinds(away.effects.slice(-1))).toEqual(['bell']);
  expect(shown(away.state)).toContain('new');
  const back = run([focus(true)], away.state);
  expect(back.effects).toEqual([{ kind: 'seen', client: 0, chatId, senderId: 2n, messageId: 33n }]);
  expect(chat(back.state)).toMatchObject({ unread: 0, place: { kind: 'follow' } });
  expect(kinds(run([came(message(34))], back.state).effects)).toEqual(['seen']);
  // More than a screen came: the view begins with the first of it.
  const long = run([came(...range(34, 90)), focus(true)], away.state);
  expect(shown(long.state)[0]).toBe('new');
  expect(chat(long.state).unread).toBeGreaterThan(30);
  // A key says as much.
  expect(kinds(run([press('a')], away.state).effects)).toEqual(['seen']);
});

test('what is pressed before the list came waits for it', () => {
  const inList = startState([{ ...bob, with: undefined }], { nowMs: 0, stackName: 'default' });
  const chats = told({ kind: 'chats', chats: [{ chatId, partnerId: 2n, last: message(1), receipts: [] }] });
  const early = run([press('h'), press('return'), press('q'), { kind: 'paste', text: 'uick' }], inList);
  expect(early.effects).toEqual([]);
  const { state } = run([chats], early.state);
  expect(client(state)).toMatchObject({ early: [], focus: 'chat', open: chatId });
  expect(chat(state).draft.text).toBe('quick');
  expect(client(run([press('escape'), chats], early.state).state)).toMatchObject({ early: [], focus: 'list' });
  expect(kinds(run([press('q')], inList).effects)).toEqual(['leave']);
});
