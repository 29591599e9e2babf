import { render } from 'ink-testing-library';
import { afterEach, expect, test, vi } from 'vitest';
import { parseUserId, type UserId } from '../../../services/core/ids.ts';
import type { Action, NetworkEvent } from '../model/action.ts';
import type { KeyName } from '../model/key.ts';
import type { ChatMessage } from '../model/message.ts';
import { timeOfDay } from '../model/local-time.ts';
import { startState } from '../model/start.ts';
import type { State } from '../model/state.ts';
import { update } from '../model/update.ts';
import { cursorOf } from '../view/cursor.ts';
import { createPaint } from '../view/paint.ts';
import { widthOf } from '../text/graphemes.ts';
import { visibleText } from '../text/visible-text.ts';
import { ChatScreen } from './chat-screen.tsx';

afterEach(() => vi.unstubAllEnvs());

const user = (id: bigint): UserId => {
  const userId = parseUserId(id);
  if (userId === undefined) throw new Error('no user id');
  return userId;
};
const bob = { userId: user(1n), name: 'bob', with: undefined };
const alice = { userId: user(2n), name: 'alice', with: undefined };
/** 2026-11-26, noon UTC: the same day nearly everywhere. */
const atMs = 1_795_694_400_000;
const time = timeOfDay(atMs);
const message = (order: number, senderId: bigint, text: string): ChatMessage => ({
  chatId: '1-2',
  order: BigInt(order),
  messageId: BigInt(order),
  senderId,
  timeMs: atMs + order * 1000,
  text: visibleText(text),
});
const told = (client: number, event: NetworkEvent): Action => ({ kind: 'network', client, event });
const loaded = (client: number, messages: readonly ChatMessage[]): Action =>
  told(client, { kind: 'page', page: { chatId: '1-2', what: 'newest', messages, end: true, below: undefined } });
const pressed = (name: KeyName): Action => ({
  kind: 'key',
  key: { name, text: '', ctrl: false, alt: false, shift: false },
});
const connected = (client: number): Action =>
  told(client, { kind: 'connection', connection: { kind: 'connected', serverId: 's1' } });

function frame(users: (typeof bob)[], size: { columns: number; rows: number }, actions: readonly Action[]): string[] {
  let state: State = startState(users, { nowMs: atMs, stackName: 'default' });
  const known = users.map((_, client) => told(client, { kind: 'chats', chats: [] }));
  for (const action of [{ kind: 'resize', size } as const, ...known, ...actions]) state = update(state, action).state;
  return frameOf(state);
}

function frameOf(state: State): string[] {
  const { lastFrame, unmount } = render(<ChatScreen state={state} paint={createPaint(true)} />);
  const rows = (lastFrame() ?? '').split('\n');
  unmount();
  // oxlint-disable-next-line no-control-regex
  return rows.map((row) => row.replaceAll(/\u001b\[\d+m/g, '').trimEnd());
}

test('two users side by side see one chat, each from his side', () => {
  const messages = [message(1, 2n, 'hello bob'), message(2, 1n, 'hello alice')];
  const seen = told(1, {
    kind: 'feed',
    messages: [],
    receipts: [{ chatId: '1-2', readerId: 1n, deliveredUpTo: 1n, seenUpTo: 1n }],
  });
  const rows = frame([bob, alice], { columns: 100, rows: 14 }, [
    loaded(0, messages),
    loaded(1, messages),
    connected(0),
    connected(1),
    seen,
  ]);
  expect(rows).toEqual([
    ' bob → alice                                     │ alice → bob',
    '─────────────────────────────────────────────────┼──────────────────────────────────────────────────',
    '                                                 │',
    '                                                 │',
    '                                                 │',
    ' ────────── Thursday 26 November 2026 ────────── │ ────────── Thursday 26 November 2026 ───────────',
    ' alice                                           │ alice (you)',
    ` ${time} │ hello bob                               │ ${time} ┃ hello bob                             ✓✓`,
    '                                                 │',
    ' bob (you)                                       │ bob',
    ` ${time} ┃ hello alice                           · │ ${time} │ hello alice`,
    '─────────────────────────────────────────────────┼──────────────────────────────────────────────────',
    ' › write a message                               │ ›',
    ' bob · default · ● connected to s1               │ alice · default · ● connected to s1',
  ]);
});

test('the list shows who said what last, and how much is unread', () => {
  const chats = told(0, {
    kind: 'chats',
    chats: [{ chatId: '1-2', partnerId: 2n, last: message(3, 2n, 'lunch?\nat noon'), receipts: [] }],
  });
  const rows = frame([bob], { columns: 40, rows: 8 }, [
    chats,
    told(0, { kind: 'name', userId: 2n, name: 'alice' }),
    told(0, { kind: 'unread', chatId: '1-2', after: 0n, count: 120 }),
    told(0, { kind: 'connection', connection: { kind: 'lost', reason: 'gone' } }),
  ]);
  expect(rows).toEqual([
    ' Chats                       99+ unread',
    `▌alice                            ${time}`,
    '▏lunch? at noon                    99+',
    '',
    '',
    '',
    '',
    ' bob · default · ○ reconnecting…',
  ]);
});

test('on a wide screen lines stay readable, and the mark stands behind them', () => {
  const long = 'word '.repeat(60).trim();
  const rows = frame([bob], { columns: 300, rows: 12 }, [
    told(0, { kind: 'found-user', userId: 2n, name: 'alice', chatId: '1-2' }),
    loaded(0, [message(1, 1n, long)]),
  ]);
  const text = rows.filter((row) => row.includes('word')).map((row) => row.split('┃')[1] ?? '');
  expect(text.map((row) => row.trim().replaceAll(/ +processed$/g, '').length)).toEqual([99, 99, 99]);
  expect(text.at(-1)).toMatch(/^ (word ){19}word +processed$/);
  expect(widthOf(rows.find((row) => row.endsWith('processed')) ?? '')).toBeLessThan(160);
});

test('before anybody wrote, it says how to, also beside an open chat', () => {
  const shown = frame([bob], { columns: 80, rows: 12 }, []).map((row) => row.split(/[│┼]/)[0]?.trimEnd());
  expect(shown.slice(0, 4)).toEqual([' Chats', '─'.repeat(24), ' No chats yet.', ' n starts one.']);
});

test('words longer than the row of a question scroll, and its cursor stays behind what is typed', () => {
  const words = 'from the very first word 👍🏽 to the last';
  const typed: Action[] = [told(0, { kind: 'chats', chats: [] }), { kind: 'resize', size: { columns: 30, rows: 6 } }];
  typed.push({ kind: 'key', key: { name: 'text', text: 'n', ctrl: false, alt: false, shift: false } });
  typed.push({ kind: 'paste', text: words });
  let state = startState([bob], { nowMs: atMs, stackName: 'default' });
  for (const action of typed) state = update(state, action).state;
  const rowOf = (shown: State): string | undefined => frameOf(shown).at(-1);
  const columnOf = (shown: State): number | undefined => cursorOf(shown, createPaint(false))?.column;
  expect(rowOf(state)).toBe(' Chat with: …👍🏽 to the last');
  expect(columnOf(state)).toBe(27);
  state = update(state, pressed('home')).state;
  expect(rowOf(state)).toBe(' Chat with: from the very f…');
  expect(columnOf(state)).toBe(12);
});

test.each([
  [20, 6],
  [80, 24],
  [100, 60],
])('hostile text stays within its rows at %i × %i', (columns, rows) => {
  const hostile = '\u001b[2J\u001b[31m\u202egnp.exe\u2066\n你好👩\u200d👧 \u0007'.repeat(3);
  const shown = frame([{ ...bob }, { ...alice }], { columns, rows }, [
    loaded(0, [message(1, 2n, hostile)]),
    loaded(1, [message(1, 2n, hostile)]),
  ]);
  expect(shown).toHaveLength(rows);
  expect(shown.join('')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
});

test.each([
  [80, 24],
  [50, 40],
])('help is all there at %i × %i, and any key goes back', (columns, rows) => {
  const shown = frame([bob], { columns, rows }, [pressed('f1')]);
  expect(shown[0]).toBe(' cecochat  any key goes back');
  for (const last of ['Esc', 'Ctrl-N', 'was on their screen']) expect(shown.join('\n')).toContain(last);
  expect(shown.filter((row) => /\w…/.test(row))).toEqual([]);
  expect(frame([bob], { columns, rows }, [pressed('f1'), pressed('down')])[0]).toContain('Chats');
});

test.each([
  [20, 6],
  [50, 12],
])('help scrolls at %i × %i, to its last key', (columns, rows) => {
  const first = frame([bob], { columns, rows }, [pressed('f1')]);
  expect(first[0]).toMatch(/^ Esc back +↓ more$/);
  expect(first).toHaveLength(rows);
  expect(first.filter((row) => /[↑↓] .*…/.test(row))).toEqual([]);
  const pages = Array.from({ length: 20 }, () => pressed('pagedown'));
  const end = frame([bob], { columns, rows }, [pressed('f1'), ...pages]);
  expect(end[0]).toMatch(/↑ {2}more$/);
  expect(end.at(-1)).toContain('was on their');
  expect(frame([bob], { columns, rows }, [pressed('f1'), ...pages, pressed('home')])).toEqual(first);
  expect(frame([bob], { columns, rows }, [pressed('f1'), ...pages, pressed('escape')])[0]).toContain('Chats');
});

test.each([10, 20, 33, 48, 76, 120])('no row is wider than a screen of %i columns', (columns) => {
  const long = { userId: user(1n), name: 'a-name-that-is-quite-long', with: undefined };
  for (const rows of [5, 12]) {
    const shown = frame([long, alice], { columns: Math.min(columns, 100), rows }, [connected(0), connected(1)]);
    for (const row of shown) expect(widthOf(row)).toBeLessThanOrEqual(columns);
  }
});
