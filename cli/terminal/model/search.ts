/**
 * Search in the open chat: first in what is loaded, then, when its user says so, page by page in what is older.
 * What is being read moves only when something was found.
 */
import type { FoundOlder, NetworkEvent, Update } from './action.ts';
import { panesOf, viewContext } from './layout.ts';
import { dateOf } from './local-time.ts';
import { openChatOf, withChat, type Chat, type ClientState, type Prompt, type State } from './state.ts';
import { itemsOf, scroll, viewportOf, type ViewContext } from './viewport.ts';
import { addOlder, jump } from './window.ts';
import { visibleLine } from '../text/visible-text.ts';

type Told = Extract<NetworkEvent, { kind: 'searched' | 'search-ended' }>;

const nothing = (state: ClientState): Update<ClientState> => ({ state, effects: [] });

/** Whether a message's text holds what was typed. */
export function holds(text: string, words: string): boolean {
  return text.toLocaleLowerCase().includes(words.toLocaleLowerCase());
}

/** The next message that holds the words, from the one found before or from the bottom of the view. */
export function search(state: State, client: ClientState, direction: 'older' | 'newer'): Update<ClientState> {
  const { prompt } = client;
  const chat = openChatOf(client);
  const context = contextOf(state, state.active, client);
  if (prompt === undefined || chat === undefined || context === undefined || prompt.running !== undefined)
    return nothing(client);
  const words = prompt.editor.text;
  if (words === '') return nothing(client);
  if (direction === 'older' && prompt.offersOlder) return searchOlder(state.active, client, { prompt, chat });
  const items = itemsOf(chat, client.userId);
  const { last } = viewportOf(chat, context);
  const at = chat.found === undefined ? -1 : items.findIndex((item) => item.order === chat.found);
  const step = direction === 'older' ? -1 : 1;
  const start = at >= 0 ? at + step : last;
  for (let index = start; index >= 0 && index < items.length; index += step) {
    const item = items[index];
    if (item === undefined || !holds(item.text, words)) continue;
    const answered = { ...client, prompt: { ...prompt, answer: '', offersOlder: false } };
    return nothing(withChat(answered, showFound(chat, item.order, context)));
  }
  const offersOlder = direction === 'older' && !chat.window.start;
  const answer = offersOlder
    ? `Enter: older ones · not in the ${chat.window.messages.length} loaded`
    : direction === 'older'
      ? 'no older message holds it'
      : chat.window.live
        ? 'no newer message holds it'
        : 'no newer one loaded holds it';
  return nothing({ ...client, prompt: { ...prompt, answer, offersOlder } });
}

/** Ends a search in older messages. */
export function stopSearch(index: number, client: ClientState): Update<ClientState> {
  const { prompt } = client;
  if (prompt?.running === undefined) return nothing(client);
  const stopped: Prompt = { ...prompt, running: undefined, busy: false, answer: 'stopped' };
  return { state: { ...client, prompt: stopped }, effects: [{ kind: 'stop-search', client: index }] };
}

function searchOlder(
  index: number,
  client: ClientState,
  { prompt, chat }: { prompt: Prompt; chat: Chat },
): Update<ClientState> {
  const before = chat.window.messages[0]?.order;
  if (before === undefined) return nothing(client);
  const number = client.nextLocalId;
  const running: Prompt = { ...prompt, running: number, offersOlder: false, answer: 'searching older messages…' };
  const { chatId } = chat;
  const words = prompt.editor.text;
  return {
    state: { ...client, nextLocalId: number + 1, prompt: running },
    effects: [{ kind: 'search', client: index, chatId, number, words, before }],
  };
}

/** How far a search in older messages got, or that it found nothing. */
export function takeSearched(client: ClientState, told: Told): ClientState {
  const { prompt } = client;
  if (prompt === undefined || prompt.running !== told.number) return client;
  if (told.kind === 'searched') {
    const answer = `Esc stops · ${told.count} searched, back to ${dateOf(told.timeMs)}`;
    return { ...client, prompt: { ...prompt, answer } };
  }
  const answer =
    told.reason === '' ? 'no older message holds it' : `history does not answer: ${visibleLine(told.reason)}`;
  return { ...client, prompt: { ...prompt, running: undefined, answer } };
}

/** The view of the client with that index goes to what a search in older messages found. */
export function takeFound(state: State, index: number, found: FoundOlder): (client: ClientState) => ClientState {
  return (client) => {
    const { prompt } = client;
    const chat = client.chats.get(found.chatId);
    const context = contextOf(state, index, client);
    if (chat === undefined || context === undefined || prompt?.running !== found.number) return client;
    const { messages, cuts, start, before } = found;
    const first = chat.window.messages[0];
    const joins = before !== undefined && first !== undefined && first.order <= before;
    // What was passed over is loaded again on the way back.
    const window = joins ? addOlder(chat.window, messages, start) : jump(chat.window, messages, { cuts, start });
    const moved: Chat = { ...chat, window, loading: undefined };
    const answered = { ...client, prompt: { ...prompt, running: undefined, answer: '' } };
    return withChat(answered, showFound(moved, found.order, context));
  };
}

/** In the middle, so that what was said around it is seen too. */
function showFound(chat: Chat, order: bigint, context: ViewContext): Chat {
  const found: Chat = { ...chat, found: order, seeking: false, place: { kind: 'at', order, fromEnd: 0 } };
  const place = scroll(found, context, -Math.floor(context.height / 2));
  return { ...found, place, newBelow: place.kind === 'follow' ? 0 : chat.newBelow };
}

function contextOf(state: State, index: number, client: ClientState): ViewContext | undefined {
  const chat = openChatOf(client);
  const pane = panesOf(state).find((one) => one.client === index);
  return chat === undefined || pane === undefined ? undefined : viewContext(client, chat, pane);
}
