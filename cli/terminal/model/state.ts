/**
 * Everything that the terminal client shows, as plain data. Changed by `update` only.
 */
import { emptyEditor, type Editor } from './editor.ts';
import type { Key } from './key.ts';
import type { PendingMessage } from './message.ts';
import type { Size } from './size.ts';
import { emptyWindow, type Window } from './window.ts';

export interface State {
  readonly size: Size;
  /** Wall clock, milliseconds since 1970; grows once in a while, for "today". */
  readonly nowMs: number;
  readonly stackName: string;
  /** One for each `--as`, side by side. */
  readonly clients: readonly ClientState[];
  /** Which of them has the keyboard. */
  readonly active: number;
  /** The first row of the page of help on the screen; undefined: help is not shown. */
  readonly help: number | undefined;
  readonly terminal: TerminalFocus;
  /** Leaving was asked for though something is unsent. */
  readonly leaving: boolean;
}

/** Whether the terminal has the keyboard of its user's screen; unknown: it never said so. */
export type TerminalFocus = 'unknown' | 'focused' | 'away';

export interface ClientState {
  readonly userId: bigint;
  readonly name: string;
  readonly connection: Connection;
  /** Of the latest ping. */
  readonly rttMs: number | undefined;
  readonly chats: ReadonlyMap<string, Chat>;
  /** The list of chats has come from history. */
  readonly loaded: boolean;
  readonly names: ReadonlyMap<bigint, string>;
  /** The chat that the list's cursor is on. */
  readonly selected: string | undefined;
  readonly open: string | undefined;
  readonly focus: 'list' | 'chat';
  readonly prompt: Prompt | undefined;
  /** One line that says what just happened, until the next key. */
  readonly notice: string;
  readonly nextLocalId: number;
  /** Pressed before the list of chats came: for what stands there then. */
  readonly early: readonly Typed[];
}

/** A key or a paste. */
export type Typed = { readonly kind: 'key'; readonly key: Key } | { readonly kind: 'paste'; readonly text: string };

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly serverId: string }
  | { readonly kind: 'catching-up' }
  | { readonly kind: 'lost'; readonly reason: string };

export interface Prompt {
  readonly kind: 'new-chat' | 'search';
  readonly editor: Editor;
  readonly busy: boolean;
  /** Why the latest attempt found nothing, or how far it is. */
  readonly answer: string;
  /** Of a search: Enter goes on in older messages than those that are loaded. */
  readonly offersOlder: boolean;
  /** Of a search in older messages that goes on: its number. */
  readonly running: number | undefined;
}

export function emptyPrompt(kind: Prompt['kind']): Prompt {
  return { kind, editor: emptyEditor, busy: false, answer: '', offersOlder: false, running: undefined };
}

export interface Chat {
  readonly chatId: string;
  readonly partnerId: bigint;
  readonly last: LastMessage | undefined;
  readonly window: Window;
  readonly loading: 'older' | 'newer' | 'newest' | undefined;
  readonly pending: readonly PendingMessage[];
  /** How far the partner has one's own messages. */
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
  /** How far oneself saw the partner's. */
  readonly ownSeenUpTo: bigint;
  /** Messages of the partner above `ownSeenUpTo`; at most `mostUnread`. */
  readonly unread: number;
  /** The "new" line stands above the first message of the partner past this id; undefined: there is none. */
  readonly newAfter: bigint | undefined;
  /** Going up until the first unread message is in the window. */
  readonly seeking: boolean;
  readonly draft: Editor;
  readonly place: Place;
  /** Messages of the partner that came while older ones are being read. */
  readonly newBelow: number;
  /** The message that the search found. */
  readonly found: bigint | undefined;
}

export interface LastMessage {
  readonly order: bigint;
  readonly senderId: bigint;
  readonly timeMs: number;
  readonly text: string;
}

/** Which line stands at the bottom of the view: the newest, whatever comes; or one of a message, counted from its last. */
export type Place =
  | { readonly kind: 'follow' }
  | { readonly kind: 'at'; readonly order: bigint; readonly fromEnd: number };

export const follow: Place = { kind: 'follow' };
/** Shown as "99+". */
export const mostUnread = 100;
/** What a message may hold, in bytes of UTF-8. */
export const mostTextBytes = 8 * 1024;

export function newClient({ userId, name }: { userId: bigint; name: string }): ClientState {
  return {
    userId,
    name,
    connection: { kind: 'connecting' },
    rttMs: undefined,
    chats: new Map(),
    loaded: false,
    names: new Map([[userId, name]]),
    selected: undefined,
    open: undefined,
    focus: 'list',
    prompt: undefined,
    notice: '',
    nextLocalId: 1,
    early: [],
  };
}

export function newChat(chatId: string, partnerId: bigint): Chat {
  return {
    chatId,
    partnerId,
    last: undefined,
    window: emptyWindow,
    loading: undefined,
    pending: [],
    deliveredUpTo: 0n,
    seenUpTo: 0n,
    ownSeenUpTo: 0n,
    unread: 0,
    newAfter: undefined,
    seeking: false,
    draft: emptyEditor,
    place: follow,
    newBelow: 0,
    found: undefined,
  };
}

export function openChatOf(client: ClientState): Chat | undefined {
  return client.open === undefined ? undefined : client.chats.get(client.open);
}

export function withChat(client: ClientState, chat: Chat): ClientState {
  if (client.chats.get(chat.chatId) === chat) return client;
  return { ...client, chats: new Map(client.chats).set(chat.chatId, chat) };
}

export function nameOf(client: ClientState, userId: bigint): string {
  return client.names.get(userId) ?? `user ${userId}`;
}

/** Most recently active first; chats without a message come first of all, they were just made. */
export function sortedChats(client: ClientState): readonly Chat[] {
  return Array.from(client.chats.values()).toSorted((one, other) => {
    const [mine, others] = [activityOf(one), activityOf(other)];
    return mine === others ? (one.chatId < other.chatId ? -1 : 1) : mine > others ? -1 : 1;
  });
}

function activityOf({ last, pending }: Chat): number {
  return Math.max(pending.at(-1)?.timeMs ?? 0, last?.timeMs ?? (pending.length === 0 ? Number.POSITIVE_INFINITY : 0));
}
