/**
 * What the servers say, taken into the state of one client.
 */
import { partnerIn, parseDialog } from '../../../services/core/chat-id.ts';
import { parseUserId } from '../../../services/core/ids.ts';
import type { ChatSummary, Effect, FoundOlder, NetworkEvent, Page, ReadUpTo, Update } from './action.ts';
import type { ChatMessage } from './message.ts';
import { takeSearched } from './search.ts';
import { openChat } from './press-list.ts';
import {
  mostUnread,
  newChat,
  sortedChats,
  withChat,
  type Chat,
  type ClientState,
  type TerminalFocus,
} from './state.ts';
import { addNewer, addOlder, arrive, restart, type Reading } from './window.ts';
import { visibleLine } from '../text/visible-text.ts';

type ClientUpdate = Update<ClientState>;

interface Where {
  /** Of the client. */
  readonly index: number;
  readonly terminal: TerminalFocus;
  /** Goes to what was found; it takes to know the screen. */
  readonly found: (event: FoundOlder) => (client: ClientState) => ClientState;
}

export function onNetwork(client: ClientState, event: NetworkEvent, where: Where): ClientUpdate {
  const only = (state: ClientState): ClientUpdate => ({ state, effects: [] });
  switch (event.kind) {
    case 'connection':
      return only({ ...client, connection: event.connection });
    case 'chats':
      return takeChats(client, event.chats, where.index);
    case 'feed':
      return takeFeed(client, event, where);
    case 'page':
      return only(inChat(client, event.page.chatId, (chat) => takePage(chat, event.page)));
    case 'page-failed':
      return only({
        ...inChat(client, event.chatId, (chat) => ({ ...chat, loading: undefined })),
        notice: `history does not answer: ${visibleLine(event.reason)}`,
      });
    case 'unread':
      return only(inChat(client, event.chatId, (chat) => takeUnread(chat, event)));
    case 'searched':
    case 'search-ended':
      return only(takeSearched(client, event));
    case 'search-found':
      return only(where.found(event)(client));
    case 'accepted':
      return only(
        inChat(client, event.chatId, (chat) => ({
          ...arrived(chat, [event.message], client.userId),
          pending: chat.pending.filter((pending) => pending.localId !== event.localId),
        })),
      );
    case 'refused':
      return only(inChat(client, event.chatId, (chat) => refused(chat, event.localId, visibleLine(event.reason))));
    case 'found-user':
      return foundUser(client, event);
    case 'no-user':
      return only(
        client.prompt === undefined
          ? client
          : { ...client, prompt: { ...client.prompt, busy: false, answer: visibleLine(event.reason) } },
      );
    case 'name':
      return only({ ...client, names: new Map(client.names).set(event.userId, visibleLine(event.name)) });
  }
}

function inChat(client: ClientState, chatId: string, work: (chat: Chat) => Chat): ClientState {
  const chat = client.chats.get(chatId);
  return chat === undefined ? client : withChat(client, work(chat));
}

/** A count from before more was seen says nothing any more: another one is on its way, or nothing is left. */
function takeUnread(chat: Chat, { after, count }: Extract<NetworkEvent, { kind: 'unread' }>): Chat {
  return after === chat.ownSeenUpTo ? { ...chat, unread: Math.min(mostUnread, count) } : chat;
}

/** The chat of that id, made when it is missing; undefined when it is no dialog of this user. */
function chatFor(client: ClientState, chatId: string): Chat | undefined {
  const known = client.chats.get(chatId);
  if (known !== undefined) return known;
  const dialog = parseDialog(chatId);
  const own = parseUserId(client.userId);
  const partner = dialog === undefined || own === undefined ? undefined : partnerIn(dialog, own);
  return partner === undefined ? undefined : newChat(chatId, partner);
}

function takeChats(client: ClientState, summaries: readonly ChatSummary[], index: number): ClientUpdate {
  const effects: Effect[] = [];
  const chats = new Map(client.chats);
  for (const { chatId, partnerId, last, receipts } of summaries) {
    let chat = chats.get(chatId) ?? newChat(chatId, partnerId);
    for (const receipt of receipts) chat = takeReceipt(chat, receipt, client.userId);
    if (last !== undefined) chat = noteLast(chat, last);
    const isNew = last?.senderId === partnerId && last.messageId > chat.ownSeenUpTo;
    // Opened before it was known: it begins where the new does.
    if (isNew && client.open === chatId) chat = { ...chat, newAfter: chat.ownSeenUpTo, seeking: true };
    // How many there are is still to be counted; that there are some decides where an opened chat begins.
    if (isNew) chat = { ...chat, unread: Math.max(1, chat.unread) };
    chats.set(chatId, chat);
    if (!client.names.has(partnerId)) effects.push({ kind: 'find-name', client: index, userId: partnerId });
    if (!isNew) continue;
    const { messageId } = last;
    effects.push(
      { kind: 'received', client: index, chatId, senderId: partnerId, messageId },
      { kind: 'count-unread', client: index, chatId, senderId: partnerId, after: chat.ownSeenUpTo },
    );
  }
  const next = { ...client, chats, loaded: true };
  return { state: { ...next, selected: client.selected ?? sortedChats(next)[0]?.chatId }, effects };
}

function takeFeed(
  client: ClientState,
  feed: { readonly messages: readonly ChatMessage[]; readonly receipts: readonly ReadUpTo[] },
  { index, terminal }: Where,
): ClientUpdate {
  const effects: Effect[] = [];
  const byChat = new Map<string, ChatMessage[]>();
  for (const message of feed.messages) {
    const messages = byChat.get(message.chatId);
    if (messages === undefined) byChat.set(message.chatId, [message]);
    else messages.push(message);
  }
  let next = client;
  for (const [chatId, messages] of byChat) {
    const chat = chatFor(next, chatId);
    if (chat === undefined) continue;
    if (!next.names.has(chat.partnerId)) effects.push({ kind: 'find-name', client: index, userId: chat.partnerId });
    const foreign = messages.some((message) => message.senderId !== client.userId);
    const onScreen = client.open === chatId && chat.place.kind === 'follow';
    const missed = terminal === 'unknown' ? !onScreen : terminal === 'away';
    if (foreign && missed) effects.push({ kind: 'bell' });
    next = withChat(next, arrived(chat, messages, client.userId));
  }
  for (const receipt of feed.receipts) {
    const chat = next.chats.get(receipt.chatId);
    if (chat === undefined) continue;
    const taken = takeReceipt(chat, receipt, client.userId);
    next = withChat(next, taken);
    // Read on another device, and not all of it: only history knows how much is left.
    const partly = receipt.readerId === client.userId && taken.unread > 0 && taken.ownSeenUpTo > chat.ownSeenUpTo;
    if (partly) {
      const { chatId, partnerId: senderId, ownSeenUpTo: after } = taken;
      effects.push({ kind: 'count-unread', client: index, chatId, senderId, after });
    }
  }
  return { state: { ...next, selected: next.selected ?? sortedChats(next)[0]?.chatId }, effects };
}

/** Messages that came now, in feed order. */
function arrived(chat: Chat, messages: readonly ChatMessage[], ownId: bigint): Chat {
  const reading: Reading = chat.place.kind === 'follow' ? 'newer' : 'older';
  const known = chat.last?.order ?? 0n;
  const fresh = messages.filter((message) => message.senderId !== ownId && message.order > known);
  const unread = fresh.filter((message) => message.messageId > chat.ownSeenUpTo).length;
  let next: Chat = {
    ...chat,
    window: arrive(chat.window, messages, reading),
    unread: Math.min(mostUnread, chat.unread + unread),
    newBelow: reading === 'older' ? chat.newBelow + fresh.length : 0,
  };
  for (const message of messages) next = noteLast(next, message);
  return next;
}

function noteLast(chat: Chat, { order, senderId, timeMs, text }: ChatMessage): Chat {
  if (chat.last !== undefined && chat.last.order >= order) return chat;
  // A preview is one line, and not a long one.
  return { ...chat, last: { order, senderId, timeMs, text: text.slice(0, 200).replaceAll('\n', ' ') } };
}

function takeReceipt(chat: Chat, receipt: ReadUpTo, ownId: bigint): Chat {
  if (receipt.readerId === ownId) return sawUpTo(chat, receipt.seenUpTo);
  const deliveredUpTo = greater(chat.deliveredUpTo, receipt.deliveredUpTo);
  const seenUpTo = greater(chat.seenUpTo, receipt.seenUpTo);
  if (deliveredUpTo === chat.deliveredUpTo && seenUpTo === chat.seenUpTo) return chat;
  return { ...chat, deliveredUpTo, seenUpTo };
}

/** Oneself saw everything of the partner up to that id, here or on another device. */
export function sawUpTo(chat: Chat, messageId: bigint): Chat {
  if (messageId <= chat.ownSeenUpTo) return chat;
  const all = chat.last === undefined || chat.last.order <= messageId;
  return { ...chat, ownSeenUpTo: messageId, unread: all ? 0 : unreadAfter(chat, messageId) };
}

function unreadAfter(chat: Chat, messageId: bigint): number {
  const { window, partnerId, ownSeenUpTo } = chat;
  const theirs = window.messages.filter((message) => message.senderId === partnerId);
  if (chat.unread < mostUnread) {
    const passed = theirs.filter((message) => message.messageId > ownSeenUpTo && message.messageId <= messageId);
    return Math.max(0, chat.unread - passed.length);
  }
  // More than were counted: it stays so until what is left is in the window.
  if (!window.live) return mostUnread;
  return Math.min(mostUnread, theirs.filter((message) => message.messageId > messageId).length);
}

function takePage(chat: Chat, page: Page): Chat {
  const { window } = chat;
  const settled = { ...chat, loading: undefined };
  // The window may have moved since it was asked for: then it is asked for anew.
  const edge = page.what === 'older' ? window.messages[0] : window.messages.at(-1);
  if (page.asked !== undefined && page.asked !== edge?.order) return settled;
  switch (page.what) {
    case 'older':
      return { ...settled, window: addOlder(window, page.messages, page.end) };
    case 'newer':
      return { ...settled, window: addNewer(window, page.messages, page.below) };
    case 'newest':
      return { ...settled, window: restart(window, page.messages, page.end) };
  }
}

function refused(chat: Chat, localId: number, reason: string): Chat {
  const pending = chat.pending.map((one) =>
    one.localId === localId ? { ...one, state: 'failed' as const, reason } : one,
  );
  return { ...chat, pending };
}

function foundUser(
  client: ClientState,
  { userId, name, chatId }: { readonly userId: bigint; readonly name: string; readonly chatId: string },
): ClientUpdate {
  const names = new Map(client.names).set(userId, visibleLine(name));
  const chat = client.chats.get(chatId) ?? newChat(chatId, userId);
  const known = withChat({ ...client, names, prompt: undefined }, chat);
  return { state: openChat(known, chatId), effects: [] };
}

function greater(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
