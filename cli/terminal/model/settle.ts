/**
 * What follows from a state: pages of history to load before the edge is reached, the first unread message to
 * go to, and what counts as seen because it is on the screen.
 */
import type { Effect, Update } from './action.ts';
import { panesOf, viewContext, type Pane } from './layout.ts';
import { sawUpTo } from './on-network.ts';
import { follow, openChatOf, withChat, type Chat, type ClientState, type State } from './state.ts';
import { newOrderOf, placeFromTop, viewportOf, type Viewport, type ViewContext } from './viewport.ts';

/** Messages beyond the view that are loaded ahead. */
const ahead = 60;

export function settle(state: State): Update<State> {
  if (state.help !== undefined) return { state, effects: [] };
  const effects: Effect[] = [];
  const clients = [...state.clients];
  for (const pane of panesOf(state)) {
    const client = clients[pane.client];
    if (client === undefined || pane.chatWidth === 0) continue;
    const settled = settleClient(client, pane, state.terminal !== 'away');
    clients[pane.client] = settled.state;
    effects.push(...settled.effects);
  }
  const same = clients.every((client, index) => client === state.clients[index]);
  return { state: same ? state : { ...state, clients }, effects };
}

function settleClient(client: ClientState, pane: Pane, isWatched: boolean): Update<ClientState> {
  const chat = openChatOf(client);
  // What is unread, and so where to begin, comes with the list of chats.
  if (chat === undefined || !client.loaded) return { state: client, effects: [] };
  const effects: Effect[] = [];
  const sought = seek(chat, viewContext(client, chat, pane));
  const context = viewContext(client, sought, pane);
  const view = viewportOf(sought, context);
  let next = load(sought, view, { client: pane.client, effects });
  // The newest is on its way: what stands there until then is not where its user is.
  const onTheWay = next.seeking || (next.place.kind === 'follow' && !next.window.live);
  if (isWatched && !onTheWay && next.window.messages.length > 0)
    next = see(next, view, { client: pane.client, effects });
  return { state: withChat(client, next), effects };
}

interface Out {
  readonly client: number;
  readonly effects: Effect[];
}

/** Goes to the first unread message as soon as it is in the window. */
function seek(chat: Chat, context: ViewContext): Chat {
  const first = chat.window.messages[0];
  if (!chat.seeking || chat.newAfter === undefined) return chat;
  const reached = chat.window.start || (first !== undefined && first.messageId <= chat.newAfter);
  if (!reached) return chat;
  const order = newOrderOf(chat);
  const place =
    order === undefined ? follow : placeFromTop(chat, { ...context, newOrder: order }, { order, row: 'new' });
  return { ...chat, seeking: false, place, newBelow: place.kind === 'follow' ? 0 : chat.newBelow };
}

function load(chat: Chat, view: Viewport, { client, effects }: Out): Chat {
  if (chat.loading !== undefined) return chat;
  const { chatId, window } = chat;
  const [first, last] = [window.messages[0], window.messages.at(-1)];
  if (first === undefined || last === undefined || (chat.place.kind === 'follow' && !window.live && !chat.seeking)) {
    if (window.live) return chat;
    effects.push({ kind: 'load-newest', client, chatId });
    return { ...chat, loading: 'newest' };
  }
  if (!window.start && (chat.seeking || view.first < ahead)) {
    effects.push({ kind: 'load-older', client, chatId, before: first.order });
    return { ...chat, loading: 'older' };
  }
  if (!window.live && view.last > view.items.length - ahead) {
    effects.push({ kind: 'load-newer', client, chatId, after: last.order, below: window.cuts.at(-1) });
    return { ...chat, loading: 'newer' };
  }
  return chat;
}

/** Everything of the partner up to the lowest of his messages whose last row is on the screen. */
function see(chat: Chat, view: Viewport, { client, effects }: Out): Chat {
  const { chatId, partnerId } = chat;
  const seen = view.rows.findLast(({ row, item }) => item.senderId === partnerId && row.kind === 'text' && row.last);
  const source = seen?.item.source;
  if (source === undefined || !('messageId' in source) || source.messageId <= chat.ownSeenUpTo) return chat;
  effects.push({ kind: 'seen', client, chatId, senderId: partnerId, messageId: source.messageId });
  return sawUpTo(chat, source.messageId);
}
