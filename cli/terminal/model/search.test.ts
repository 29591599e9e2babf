import { expect, test } from 'vitest';
import type { Action, Effect } from './action.ts';
import {
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
import type { State } from './state.ts';

const typed = (words: string): Action[] => [press('f', { ctrl: true }), ...Array.from(words, (sign) => press(sign))];
const enter = press('return');
const older = (from: number, to: number, asked: number): Action =>
  told({
    kind: 'page',
    page: { chatId, what: 'older', messages: range(from, to), end: false, below: undefined, asked: BigInt(asked) },
  });

test('search goes to older messages that hold the words, and says when there is none', () => {
  const words = Array.from('message 4', (character) => press(character));
  const { state } = run([newest(range(1, 60)), press('f', { ctrl: true }), ...words, press('return'), press('return')]);
  expect(chat(state).found).toBe(48n);
  const none = run([...Array.from('zz', (character) => press(character)), press('return')], state).state;
  expect(client(none).prompt?.answer).toBe('no older message holds it');
});

/** 400 to 499 are loaded, with older ones in history; a search for "message 7." was begun in these. */
function searching(): { state: State; search: Extract<Effect, { kind: 'search' }> } {
  const loaded = run([newest(range(400, 499), false), ...typed('message 7.'), enter]).state;
  expect(client(loaded).prompt).toMatchObject({ answer: 'Enter: older ones · not in the 100 loaded' });
  const { state, effects } = run([enter], loaded);
  const search = effects.find((effect) => effect.kind === 'search');
  if (search === undefined) throw new Error(`no search: ${kinds(effects).join()}`);
  expect(search).toMatchObject({ chatId, words: 'message 7.', before: 400n });
  return { state, search };
}

const found = { kind: 'search-found' as const, chatId, order: 7n, messages: range(1, 60), start: true };

test('what is not loaded is searched when its user says so; the view moves when it is found', () => {
  const { state, search } = searching();
  const before = shown(state);
  const { number } = search;
  const on = run([told({ kind: 'searched', chatId, number, count: 320, timeMs: 1_700_000_000_000 })], state).state;
  expect(client(on).prompt?.answer).toMatch(/^Esc stops · 320 searched, back to 2023-11-1\d$/);
  expect(shown(on)).toEqual(before);
  const there = run([told({ ...found, number, before: undefined, cuts: [101n, 201n, 301n] })], on);
  expect(chat(there.state)).toMatchObject({ found: 7n, window: { live: false, start: true } });
  expect(shown(there.state)).toContain('message 7');
  // On the way back it loads what lies between, from the nearest on.
  const { cuts, messages } = chat(there.state).window;
  expect([messages.length, cuts.at(-1), cuts[0]]).toEqual([60, 101n, 500n]);
  const back = run([press('escape'), ...Array.from({ length: 8 }, () => press('pagedown'))], there.state);
  expect([...there.effects, ...back.effects]).toContainEqual(
    expect.objectContaining({ kind: 'load-newer', after: 60n, below: 101n }),
  );
});

test('found right before what is loaded: nothing has to be loaded again', () => {
  const { state, search } = searching();
  const near = { ...found, order: 390n, messages: range(340, 399), start: false, number: search.number };
  const there = run([told({ ...near, before: 400n, cuts: [] })], state).state;
  expect(chat(there).window).toMatchObject({ live: true, cuts: [] });
  expect(chat(there).window.messages).toHaveLength(160);
});

test('Esc ends the search and not the prompt; what comes of it later is not taken', () => {
  const { state, search } = searching();
  const stopped = run([press('escape')], state);
  expect(kinds(stopped.effects)).toEqual(['stop-search']);
  expect(client(stopped.state).prompt).toMatchObject({ answer: 'stopped', running: undefined });
  const late = run([told({ ...found, number: search.number, before: undefined, cuts: [] })], stopped.state).state;
  expect(chat(late).found).toBeUndefined();
  expect(client(run([press('escape')], late).state).prompt).toBeUndefined();
  // Other words end it too.
  expect(kinds(run([press('x')], state).effects)).toEqual(['stop-search']);
});

test('nothing found, or no answer: it says so and the view stays', () => {
  const { state, search } = searching();
  const ended = { kind: 'search-ended' as const, chatId, number: search.number };
  expect(client(run([told({ ...ended, reason: '' })], state).state).prompt?.answer).toBe('no older message holds it');
  expect(client(run([told({ ...ended, reason: 'gone\u001b' })], state).state).prompt?.answer).toBe(
    'history does not answer: gone\\u{1b}',
  );
});

test('a page that was asked for before the view went elsewhere leaves no gap', () => {
  const { state, search } = searching();
  const there = run([told({ ...found, number: search.number, before: undefined, cuts: [101n] })], state).state;
  const late = run([older(300, 399, 400)], there).state;
  expect(chat(late).window.messages.map(({ order }) => order)).toEqual(range(1, 60).map(({ order }) => order));
  expect(chat(run([told({ kind: 'feed', messages: [message(500)], receipts: [] })], late).state).newBelow).toBe(1);
});
