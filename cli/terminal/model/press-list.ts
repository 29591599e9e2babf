/**
 * Keys while the list of chats has the keyboard.
 */
import type { Update } from './action.ts';
import type { Key } from './key.ts';
import { emptyPrompt, follow, sortedChats, withChat, type ClientState, type Typed } from './state.ts';

export function pressInList(client: ClientState, key: Key): Update<ClientState> {
  const chats = sortedChats(client);
  const at = chats.findIndex((chat) => chat.chatId === client.selected);
  const select = (index: number): Update<ClientState> => {
    const chat = chats[Math.max(0, Math.min(chats.length - 1, index))];
    return { state: chat === undefined ? client : { ...client, selected: chat.chatId }, effects: [] };
  };
  const name: string = key.name;
  switch (name) {
    case 'up':
      return select(at - 1);
    case 'down':
      return select(at + 1);
    case 'pageup':
      return select(at - 10);
    case 'pagedown':
      return select(at + 10);
    case 'home':
      return select(0);
    case 'end':
      return select(chats.length - 1);
    case 'return':
    case 'right':
    case 'tab':
      return { state: client.selected === undefined ? client : openChat(client, client.selected), effects: [] };
    case 'escape':
      return { state: client.open === undefined ? client : { ...client, focus: 'chat' }, effects: [] };
    case 'text':
      if (key.text === 'k') return select(at - 1);
      if (key.text === 'j') return select(at + 1);
      if (key.text === 'n') return { state: askForChat(client), effects: [] };
      return { state: client, effects: [] };
    default:
      return { state: client, effects: [] };
  }
}

const forChats: readonly string[] = ['return', 'right', 'tab', 'up', 'down', 'pageup', 'pagedown', 'home', 'end'];
const mostEarly = 1_000;

/** The list of chats has not come, and this is for one of them, or follows what is. */
export function waitsForList(client: ClientState, typed: Typed): boolean {
  if (client.loaded || client.focus !== 'list' || client.prompt !== undefined) return false;
  if (client.early.length > 0) return true;
  return typed.kind === 'key' && (forChats.includes(typed.key.name) || ['j', 'k'].includes(typed.key.text));
}

/** For when the list has come; Escape takes all of it back. */
export function keepForList(client: ClientState, typed: Typed): ClientState {
  if (typed.kind === 'key' && typed.key.name === 'escape') return { ...client, early: [] };
  return client.early.length < mostEarly ? { ...client, early: [...client.early, typed] } : client;
}

export function askForChat(client: ClientState): ClientState {
  return { ...client, prompt: emptyPrompt('new-chat') };
}

/** Opens it where the new begins, with the draft that was left there. */
export function openChat(client: ClientState, chatId: string): ClientState {
  const chat = client.chats.get(chatId);
  if (chat === undefined) return client;
  const opened = { ...client, open: chatId, selected: chatId, focus: 'chat' as const };
  if (client.open === chatId && client.focus === 'chat') return opened;
  const isNew = chat.unread > 0;
  return withChat(opened, {
    ...chat,
    newAfter: isNew ? chat.ownSeenUpTo : undefined,
    seeking: isNew && chat.place.kind === 'follow',
    newBelow: chat.place.kind === 'follow' ? 0 : chat.newBelow,
    place: isNew && chat.place.kind === 'follow' ? follow : chat.place,
  });
}
