/**
 * The part of a chat that is in memory: a run of messages in chat order without a gap, and the latest arrivals.
 * Both ends of the run are cut when it grows too long, and can be loaded again. Pure.
 */
import type { ChatMessage } from './message.ts';

export interface Window {
  /** Ascending by order, each once. */
  readonly messages: readonly ChatMessage[];
  /** History has nothing older than the first message. */
  readonly start: boolean;
  /** The run ends with the newest message of the chat: what arrives is put behind it. */
  readonly live: boolean;
  /** Not live: the latest arrivals, ascending, at most `tailLimit`. */
  readonly tail: readonly ChatMessage[];
  /** Arrivals were dropped from the tail: it may not join the run. */
  readonly tailCut: boolean;
  /** Not live: orders, descending, up to which (exclusive) the parts behind the run can be loaded one by one. */
  readonly cuts: readonly bigint[];
}

/** Which end of the run is being read: the other one is cut. */
export type Reading = 'older' | 'newer';

export const windowLimit = 600;
export const tailLimit = 200;
const cutSize = 100;
/** Messages between two cuts: fewer than a page of history has by default is asked for in two pages. */
const cutEvery = 50;

export const emptyWindow: Window = { messages: [], start: false, live: false, tail: [], tailCut: false, cuts: [] };

/** A message that came by the feed, or a send of one's own that was accepted. */
export function arrive(window: Window, arrived: readonly ChatMessage[], reading: Reading): Window {
  const last = window.messages.at(-1);
  const first = window.messages[0];
  // One that belongs before the run is left to history: the run has no gap.
  const within = arrived.filter((message) => window.start || first === undefined || message.order >= first.order);
  const late = within.filter((message) => window.live || (last !== undefined && message.order <= last.order));
  const merged = trim({ ...window, messages: mergeSorted(window.messages, late) }, reading);
  if (window.live) return merged;
  const behind = arrived.filter((message) => last === undefined || message.order > last.order);
  return behind.length === 0 ? merged : keepTail(merged, mergeSorted(window.tail, behind));
}

/** A page that ends right before the first message. `start`: history has nothing older. */
export function addOlder(window: Window, page: readonly ChatMessage[], start: boolean): Window {
  const grown = { ...window, messages: mergeSorted(window.messages, page), start: window.start || start };
  return trim(grown, 'older');
}

/** What follows the run, up to `below` (exclusive); undefined: up to the newest that history has. */
export function addNewer(window: Window, page: readonly ChatMessage[], below: bigint | undefined): Window {
  const messages = mergeSorted(window.messages, page);
  if (below !== undefined)
    return trim({ ...window, messages, cuts: window.cuts.filter((cut) => cut > below) }, 'newer');
  return trim(join({ ...window, messages, cuts: [] }), 'newer');
}

/** Begins anew with the newest page. */
export function restart(window: Window, page: readonly ChatMessage[], start: boolean): Window {
  return trim(join({ ...window, messages: mergeSorted([], page), start, cuts: [] }), 'newer');
}

/**
 * To another part of the past, which ends before the run; `cuts`: orders, up to which (exclusive) what lies between
 * can be loaded one by one.
 */
export function jump(
  window: Window,
  page: readonly ChatMessage[],
  { cuts, start }: { readonly cuts: readonly bigint[]; readonly start: boolean },
): Window {
  const left = leave(window, window.messages);
  return { ...left, messages: mergeSorted([], page), start, cuts: descending([...left.cuts, ...cuts]) };
}

/** Puts the tail behind the run when nothing can be missing between them. */
function join(window: Window): Window {
  const first = window.tail[0];
  const last = window.messages.at(-1);
  const joins = first === undefined || !window.tailCut || (last !== undefined && last.order >= first.order);
  if (!joins) return { ...window, live: false };
  return { ...window, messages: mergeSorted(window.messages, window.tail), live: true, tail: [], tailCut: false };
}

function keepTail(window: Window, tail: readonly ChatMessage[]): Window {
  if (tail.length <= tailLimit) return { ...window, tail };
  const dropped = tail.slice(0, tail.length - tailLimit + cutEvery);
  const cuts = descending([...window.cuts, ...cutsOf(dropped)]);
  return { ...window, tail: tail.slice(dropped.length), tailCut: true, cuts };
}

function trim(window: Window, reading: Reading): Window {
  const { messages } = window;
  if (messages.length <= windowLimit) return window;
  const excess = messages.length - windowLimit + cutSize;
  if (reading === 'newer') return { ...window, messages: messages.slice(excess), start: false };
  return { ...leave(window, messages.slice(-excess)), messages: messages.slice(0, -excess) };
}

/** Without those at the end of the run. */
function leave(window: Window, dropped: readonly ChatMessage[]): Window {
  const cuts = descending([...window.cuts, ...cutsOf(dropped)]);
  // The newest stay at hand: history may not have them yet.
  const tail = window.live ? mergeSorted(dropped.slice(-tailLimit), window.tail) : window.tail;
  const tailCut = window.tailCut || (window.live && dropped.length > tailLimit);
  return { ...window, live: false, cuts, tail, tailCut };
}

/** One for every `cutEvery` messages and one behind the last. */
function cutsOf(messages: readonly ChatMessage[]): bigint[] {
  const ends = messages.filter((_, index) => (index + 1) % cutEvery === 0 || index + 1 === messages.length);
  return ends.map((message) => message.order + 1n);
}

function descending(orders: readonly bigint[]): bigint[] {
  return Array.from(new Set(orders)).toSorted((one, other) => (one < other ? 1 : one > other ? -1 : 0));
}

/** The same array when nothing new came. */
function mergeSorted(messages: readonly ChatMessage[], added: readonly ChatMessage[]): readonly ChatMessage[] {
  const known = new Set(messages.map((message) => message.order));
  const fresh: ChatMessage[] = [];
  for (const message of added) {
    if (known.has(message.order)) continue;
    known.add(message.order);
    fresh.push(message);
  }
  if (fresh.length === 0) return messages;
  return [...messages, ...fresh].toSorted((one, other) => (one.order < other.order ? -1 : 1));
}
