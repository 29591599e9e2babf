/**
 * Which rows of the open chat are on the screen, and moves through them. A place names a row of a message
 * counted from its end, so that whatever arrives or is loaded, what is being read stays where it is. Pure.
 */
import { blockOf, type BlockContext, type Item, type Row } from './block.ts';
import type { ChatMessage } from './message.ts';
import { follow, type Chat, type Place } from './state.ts';

export interface Viewport {
  /** At most `height`, to stand at the bottom. */
  readonly rows: readonly VisibleRow[];
  readonly items: readonly Item[];
  /** Indexes into the items. */
  readonly first: number;
  readonly last: number;
}

export interface VisibleRow {
  readonly row: Row;
  readonly item: Item;
}

export interface ViewContext extends BlockContext {
  readonly height: number;
}

/** A row of the item with that index, counted from the item's last row. */
interface Spot {
  readonly index: number;
  readonly fromEnd: number;
}

const pendingOrder = 2n ** 63n;
const itemsOfMessages = new WeakMap<readonly ChatMessage[], readonly Item[]>();

export function itemsOf(chat: Chat, ownId: bigint): readonly Item[] {
  const { messages, live } = chat.window;
  let items = itemsOfMessages.get(messages);
  if (items === undefined) {
    items = messages.map((source): Item => {
      const { order, senderId, timeMs, text } = source;
      return { order, source, senderId, timeMs, text };
    });
    itemsOfMessages.set(messages, items);
  }
  // Behind a part of the past there is nothing of the present.
  if (!live || chat.pending.length === 0) return items;
  const pending = chat.pending.map((one): Item => {
    const { localId, timeMs, text } = one;
    return { order: pendingOrder + BigInt(localId), source: one, senderId: ownId, timeMs, text };
  });
  return [...items, ...pending];
}

/** The first message of the partner that is new. */
export function newOrderOf(chat: Chat): bigint | undefined {
  const { newAfter, partnerId, window } = chat;
  if (newAfter === undefined) return undefined;
  return window.messages.find((message) => message.messageId > newAfter && message.senderId === partnerId)?.order;
}

export function viewportOf(chat: Chat, context: ViewContext): Viewport {
  const items = itemsOf(chat, context.ownId);
  // After the screen grew, or at the top of all, it may have to stand lower.
  const bottom = raise(items, spotOf(items, chat.place, context), { rows: 0, context });
  const rows: VisibleRow[] = [];
  let first = bottom.index;
  for (let index = bottom.index; index >= 0 && rows.length < context.height; index -= 1) {
    const item = items[index];
    if (item === undefined) break;
    const block = blockOf(item, items[index - 1], context);
    const end = block.length - (index === bottom.index ? bottom.fromEnd : 0);
    for (let at = end - 1; at >= 0 && rows.length < context.height; at -= 1) {
      const row = block[at];
      if (row !== undefined) rows.push({ row, item });
    }
    first = index;
  }
  return { rows: rows.toReversed(), items, first: Math.max(0, first), last: bottom.index };
}

/** Up by that many rows, or down when negative. */
export function scroll(chat: Chat, context: ViewContext, up: number): Place {
  const items = itemsOf(chat, context.ownId);
  const from = spotOf(items, chat.place, context);
  const to = up > 0 ? raise(items, from, { rows: up, context }) : lower(items, from, { rows: -up, context });
  return placeOf(items, to, chat.window.live);
}

/** The place at which that row of the item (counted from its first) is the topmost row. */
export function placeFromTop(chat: Chat, context: ViewContext, top: { order: bigint; row: 'new' | 'first' }): Place {
  const items = itemsOf(chat, context.ownId);
  const index = items.findIndex((item) => item.order >= top.order);
  const item = items[index];
  if (item === undefined) return follow;
  const block = blockOf(item, items[index - 1], context);
  const at =
    top.row === 'new'
      ? Math.max(
          0,
          block.findIndex((row) => row.kind === 'new'),
        )
      : 0;
  const spot = { index, fromEnd: block.length - 1 - at };
  return placeOf(items, lower(items, spot, { rows: context.height - 1, context }), chat.window.live);
}

interface Step {
  readonly rows: number;
  readonly context: ViewContext;
}

function spotOf(items: readonly Item[], place: Place, context: ViewContext): Spot {
  if (place.kind === 'follow') return { index: items.length - 1, fromEnd: 0 };
  let index = items.length - 1;
  while (index > 0 && (items[index]?.order ?? 0n) > place.order) index -= 1;
  const item = items[index];
  if (item?.order !== place.order) return { index, fromEnd: 0 };
  const height = blockOf(item, items[index - 1], context).length;
  return { index, fromEnd: Math.min(place.fromEnd, height - 1) };
}

function placeOf(items: readonly Item[], { index, fromEnd }: Spot, live: boolean): Place {
  const item = items[index];
  if (item === undefined || (live && index === items.length - 1 && fromEnd === 0)) return follow;
  return { kind: 'at', order: item.order, fromEnd };
}

/** Not further than where the first row of all is the topmost. */
function raise(items: readonly Item[], from: Spot, { rows, context }: Step): Spot {
  const heightAt = (index: number): number => {
    const item = items[index];
    return item === undefined ? 0 : blockOf(item, items[index - 1], context).length;
  };
  let { index, fromEnd } = from;
  fromEnd += rows;
  while (index > 0 && fromEnd >= heightAt(index)) {
    fromEnd -= heightAt(index);
    index -= 1;
  }
  // Rows from the top of all down to here must fill the view.
  let above = heightAt(index) - fromEnd;
  for (let at = index - 1; at >= 0 && above < context.height; at -= 1) above += heightAt(at);
  if (above >= context.height) return { index, fromEnd };
  return lower(items, { index, fromEnd }, { rows: context.height - above, context });
}

function lower(items: readonly Item[], from: Spot, { rows, context }: Step): Spot {
  let { index, fromEnd } = from;
  fromEnd -= rows;
  while (fromEnd < 0 && index < items.length - 1) {
    index += 1;
    const item = items[index];
    if (item !== undefined) fromEnd += blockOf(item, items[index - 1], context).length;
  }
  return { index, fromEnd: Math.max(0, fromEnd) };
}
