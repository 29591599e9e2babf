/**
 * A chat of bob with alice for tests of the reducers: actions, and what became of them.
 */
import { parseUserId, type UserId } from '../../../services/core/ids.ts';
import type { Action, Effect, NetworkEvent } from './action.ts';
import { panesOf, viewContext } from './layout.ts';
import type { Key, KeyName } from './key.ts';
import type { ChatMessage } from './message.ts';
import { startState } from './start.ts';
import { openChatOf, type Chat, type ClientState, type State } from './state.ts';
import { update } from './update.ts';
import { viewportOf } from './viewport.ts';

const user = (id: bigint): UserId => {
  const userId = parseUserId(id);
  if (userId === undefined) throw new Error('no user id');
  return userId;
};
export const bob = { userId: user(1n), name: 'bob' };
export const alice = { userId: user(2n), name: 'alice' };
export const chatId = '1-2';
export const press = (name: string, modifiers: Partial<Key> = {}): Action => ({
  kind: 'key',
  key: {
    name: name.length === 1 ? 'text' : (name as KeyName),
    text: name.length === 1 ? name : '',
    ctrl: false,
    alt: false,
    shift: false,
    ...modifiers,
  },
});
export const message = (order: number, senderId = 2n): ChatMessage => ({
  chatId,
  order: BigInt(order),
  messageId: BigInt(order),
  senderId,
  timeMs: 1_700_000_000_000 + order * 1000,
  text: `message ${order}`,
});
export const told = (event: NetworkEvent): Action => ({ kind: 'network', client: 0, event });
export const came = (...messages: ChatMessage[]): Action => told({ kind: 'feed', messages, receipts: [] });
export const range = (from: number, to: number): ChatMessage[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
export const newest = (messages: ChatMessage[], end = true): Action =>
  told({ kind: 'page', page: { chatId, what: 'newest', messages, end, below: undefined } });

/** Runs actions one after the other; gives the last state and all effects. */
export function run(actions: readonly Action[], from = start()): { state: State; effects: Effect[] } {
  let state = from;
  const effects: Effect[] = [];
  for (const action of actions) {
    const next = update(state, action);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function start(): State {
  const started = startState([{ ...bob, with: alice }], { nowMs: 1_700_000_000_000, stackName: 'default' });
  const noChats = told({ kind: 'chats', chats: [] });
  return run([{ kind: 'resize', size: { columns: 60, rows: 20 } }, noChats], started).state;
}

export function client(state: State): ClientState {
  const found = state.clients[0];
  if (found === undefined) throw new Error('no client');
  return found;
}

export function chat(state: State): Chat {
  const found = openChatOf(client(state));
  if (found === undefined) throw new Error('no chat is open');
  return found;
}

export function shown(state: State): string[] {
  const pane = panesOf(state)[0];
  if (pane === undefined) throw new Error('no pane');
  const view = viewportOf(chat(state), viewContext(client(state), chat(state), pane));
  return view.rows.map(({ row }) => (row.kind === 'text' ? row.text : row.kind));
}

export const kinds = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.kind);
