/**
 * The one way in which the state changes. Pure: what is to be done outside comes back as effects.
 */
import type { Action, Effect, Update } from './action.ts';
import { pressInHelp } from './help.ts';
import type { Key } from './key.ts';
import { onNetwork } from './on-network.ts';
import { pressInChat } from './press-chat.ts';
import { keepForList, pressInList, waitsForList } from './press-list.ts';
import { pasteIntoPrompt, pressInPrompt } from './press-prompt.ts';
import { pasteIntoDraft } from './press-chat.ts';
import { takeFound } from './search.ts';
import { settle } from './settle.ts';
import { openChatOf, withChat, type ClientState, type State, type Typed } from './state.ts';

export function update(state: State, action: Action): Update<State> {
  const { state: next, effects } = step(state, action);
  const settled = settle(next);
  return { state: settled.state, effects: [...effects, ...settled.effects] };
}

function step(state: State, action: Action): Update<State> {
  switch (action.kind) {
    case 'key':
      // Whoever presses a key is there, whatever the terminal said.
      return press(state.terminal === 'away' ? turn(state, true) : state, action.key);
    case 'paste':
      return onActive(state, (client) => ({ state: paste(client, action), effects: [] }));
    case 'focus':
      return { state: turn(state, action.focused), effects: [] };
    case 'resize':
      return { state: { ...state, size: action.size }, effects: [{ kind: 'redraw' }] };
    case 'tick':
      return {
        state: {
          ...state,
          nowMs: action.nowMs,
          clients: state.clients.map((client, index) => ({ ...client, rttMs: action.rttMs[index] })),
        },
        effects: [],
      };
    case 'network':
      return typeEarly(
        onClient(state, action.client, (client) =>
          onNetwork(client, action.event, {
            index: action.client,
            terminal: state.terminal,
            found: (event) => takeFound(state, action.client, event),
          }),
        ),
        action.client,
      );
  }
}

/** To the terminal, or away from it: what comes meanwhile is new, and is seen from its first on. */
function turn(state: State, focused: boolean): State {
  const back = focused && state.terminal === 'away';
  const clients = state.clients.map((client) => {
    const chat = openChatOf(client);
    if (chat === undefined || (focused && !back)) return client;
    if (!focused) return withChat(client, { ...chat, newAfter: chat.ownSeenUpTo });
    const seeking = chat.unread > 0 && chat.place.kind === 'follow';
    return seeking ? withChat(client, { ...chat, seeking }) : client;
  });
  return { ...state, clients, terminal: focused ? 'focused' : 'away' };
}

/** What was pressed before the list of chats came is pressed now. */
function typeEarly(told: Update<State>, index: number): Update<State> {
  const client = told.state.clients[index];
  if (client === undefined || !client.loaded || client.early.length === 0) return told;
  const effects = [...told.effects];
  let { state } = onClient(told.state, index, (one) => ({ state: { ...one, early: [] }, effects: [] }));
  for (const typed of index === state.active ? client.early : []) {
    const next = step(state, typed);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function paste(client: ClientState, pasted: Extract<Typed, { kind: 'paste' }>): ClientState {
  if (waitsForList(client, pasted)) return keepForList(client, pasted);
  return client.prompt === undefined ? pasteIntoDraft(client, pasted.text) : pasteIntoPrompt(client, pasted.text);
}

function press(state: State, key: Key): Update<State> {
  if (key.ctrl && key.text === 'c') return leave(state);
  if (key.ctrl && key.text === 'z') return { state, effects: [{ kind: 'suspend' }] };
  if (key.ctrl && key.text === 'l') return { state, effects: [{ kind: 'redraw' }] };
  const calm = state.leaving ? { ...state, leaving: false } : state;
  if (calm.help !== undefined) return { state: { ...calm, help: pressInHelp(calm.help, key, calm.size) }, effects: [] };
  const client = calm.clients[calm.active];
  if (client === undefined) return { state: calm, effects: [] };
  if (client.prompt !== undefined) return onActive(calm, (one) => pressInPrompt(calm, one, key));
  const typed: Typed = { kind: 'key', key };
  if (waitsForList(client, typed)) return onActive(calm, (one) => ({ state: keepForList(one, typed), effects: [] }));
  // In the composer a question mark is text.
  const asks = client.focus === 'list' && key.name === 'text' && key.text === '?' && !key.ctrl && !key.alt;
  if (key.name === 'f1' || asks) return { state: { ...calm, help: 0 }, effects: [] };
  if (key.name === 'tab' && calm.clients.length > 1) {
    const step = key.shift ? calm.clients.length - 1 : 1;
    return { state: { ...calm, active: (calm.active + step) % calm.clients.length }, effects: [] };
  }
  if (client.focus === 'list' && key.name === 'text' && key.text === 'q' && !key.alt) return leave(calm);
  return onActive(calm, (one) => (one.focus === 'list' ? pressInList(one, key) : pressInChat(calm, one, key)));
}

/** Whoever has unsent messages is told first. */
function leave(state: State): Update<State> {
  const unsent = state.clients.some((client) =>
    Array.from(client.chats.values()).some((chat) => chat.pending.some((pending) => pending.state === 'sending')),
  );
  if (unsent && !state.leaving) return { state: { ...state, leaving: true }, effects: [] };
  return { state, effects: [{ kind: 'leave' }] };
}

type ClientUpdate = { readonly state: ClientState; readonly effects: readonly Effect[] };

function onActive(state: State, work: (client: ClientState) => ClientUpdate): Update<State> {
  const calm = (client: ClientState): ClientUpdate => work(client.notice === '' ? client : { ...client, notice: '' });
  return onClient(state, state.active, calm);
}

function onClient(state: State, index: number, work: (client: ClientState) => ClientUpdate): Update<State> {
  const client = state.clients[index];
  if (client === undefined) return { state, effects: [] };
  const { state: next, effects } = work(client);
  if (next === client) return { state, effects };
  return { state: { ...state, clients: state.clients.map((one, at) => (at === index ? next : one)) }, effects };
}
