/**
 * What can happen to the terminal client, and what it then wants done. Both are plain data: `update` takes the
 * one and gives the other, and effects are carried out elsewhere.
 */
import type { ChatMessage } from './message.ts';
import type { Size } from './size.ts';
import type { Connection, Typed } from './state.ts';

export type Action =
  | Typed
  | { readonly kind: 'focus'; readonly focused: boolean }
  | { readonly kind: 'resize'; readonly size: Size }
  | { readonly kind: 'tick'; readonly nowMs: number; readonly rttMs: readonly (number | undefined)[] }
  | { readonly kind: 'network'; readonly client: number; readonly event: NetworkEvent };

export type NetworkEvent =
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'chats'; readonly chats: readonly ChatSummary[] }
  /** Records of the feed, in feed order. */
  | { readonly kind: 'feed'; readonly messages: readonly ChatMessage[]; readonly receipts: readonly ReadUpTo[] }
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'page-failed'; readonly chatId: string; readonly reason: string }
  /** How many of the partner's messages are above that id. */
  | { readonly kind: 'unread'; readonly chatId: string; readonly after: bigint; readonly count: number }
  /** Of the search with that number: how many older messages it looked at, and when the last one was sent. */
  | {
      readonly kind: 'searched';
      readonly chatId: string;
      readonly number: number;
      readonly count: number;
      readonly timeMs: number;
    }
  | FoundOlder
  /** It found nothing; a reason: because history did not answer. */
  | { readonly kind: 'search-ended'; readonly chatId: string; readonly number: number; readonly reason: string }
  | { readonly kind: 'accepted'; readonly chatId: string; readonly localId: number; readonly message: ChatMessage }
  | { readonly kind: 'refused'; readonly chatId: string; readonly localId: number; readonly reason: string }
  | { readonly kind: 'found-user'; readonly userId: bigint; readonly name: string; readonly chatId: string }
  | { readonly kind: 'no-user'; readonly reason: string }
  | { readonly kind: 'name'; readonly userId: bigint; readonly name: string };

/** The newest of the older messages that holds the words, with its page and the one after it. */
export interface FoundOlder {
  readonly kind: 'search-found';
  readonly chatId: string;
  readonly number: number;
  readonly order: bigint;
  readonly messages: readonly ChatMessage[];
  /** History has nothing older than these. */
  readonly start: boolean;
  /** They end right before the message of that order, where the search began; undefined: there is more between. */
  readonly before: bigint | undefined;
  /** Orders up to which (exclusive) the pages between can be loaded one by one. */
  readonly cuts: readonly bigint[];
}

export interface ChatSummary {
  readonly chatId: string;
  readonly partnerId: bigint;
  readonly last: ChatMessage | undefined;
  readonly receipts: readonly ReadUpTo[];
}

export interface ReadUpTo {
  readonly chatId: string;
  readonly readerId: bigint;
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
}

/** Messages of a chat, in any order. */
export interface Page {
  readonly chatId: string;
  readonly what: 'older' | 'newer' | 'newest';
  readonly messages: readonly ChatMessage[];
  /** Nothing older is left. */
  readonly end: boolean;
  /** What the window then began with (older) or ended with (newer); absent: of any window. */
  readonly asked?: bigint;
  /** Of "newer": up to where it was asked for; undefined: up to the newest. */
  readonly below: bigint | undefined;
}

export type Effect =
  | {
      readonly kind: 'send';
      readonly client: number;
      readonly chatId: string;
      readonly to: bigint;
      readonly localId: number;
      readonly text: string;
    }
  | { readonly kind: 'load-older'; readonly client: number; readonly chatId: string; readonly before: bigint }
  | {
      readonly kind: 'load-newer';
      readonly client: number;
      readonly chatId: string;
      readonly after: bigint;
      readonly below: bigint | undefined;
    }
  | { readonly kind: 'load-newest'; readonly client: number; readonly chatId: string }
  | {
      readonly kind: 'count-unread';
      readonly client: number;
      readonly chatId: string;
      readonly senderId: bigint;
      readonly after: bigint;
    }
  | {
      readonly kind: 'seen';
      readonly client: number;
      readonly chatId: string;
      readonly senderId: bigint;
      readonly messageId: bigint;
    }
  | {
      readonly kind: 'received';
      readonly client: number;
      readonly chatId: string;
      readonly senderId: bigint;
      readonly messageId: bigint;
    }
  | {
      readonly kind: 'search';
      readonly client: number;
      readonly chatId: string;
      /** Tells its answers from those of another search. */
      readonly number: number;
      readonly words: string;
      /** Exclusive. */
      readonly before: bigint;
    }
  | { readonly kind: 'stop-search'; readonly client: number }
  | { readonly kind: 'find-user'; readonly client: number; readonly name: string }
  | { readonly kind: 'find-name'; readonly client: number; readonly userId: bigint }
  | { readonly kind: 'bell' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'leave' };

export interface Update<S> {
  readonly state: S;
  readonly effects: readonly Effect[];
}
