/**
 * What a message looks like, as rows: the day, the line above what is new, the sender, the wrapped text. Cached
 * by message, so that a frame wraps only what came into view. Pure but for the cache.
 */
import { dayOf, timeOfDay } from './local-time.ts';
import type { ChatMessage, PendingMessage } from './message.ts';
import { wrap } from '../text/wrap.ts';

export type Row =
  | { readonly kind: 'day'; readonly label: string }
  | { readonly kind: 'new' }
  | { readonly kind: 'gap' }
  | { readonly kind: 'sender'; readonly name: string; readonly own: boolean }
  | TextRow;

export interface TextRow {
  readonly kind: 'text';
  /** Empty when the row above has the same. */
  readonly time: string;
  readonly text: string;
  readonly own: boolean;
  /** The last row of its message: the mark stands here. */
  readonly last: boolean;
}

/** A message of the chat, or one of one's own that is on its way. */
export interface Item {
  /** Sorts; of a pending one above every message. */
  readonly order: bigint;
  readonly source: ChatMessage | PendingMessage;
  readonly senderId: bigint;
  readonly timeMs: number;
  readonly text: string;
}

export interface BlockContext {
  /** Cells for the text, without time, bar and mark. */
  readonly textWidth: number;
  readonly ownId: bigint;
  readonly nameOf: (userId: bigint) => string;
  /** Of the first message that is new. */
  readonly newOrder: bigint | undefined;
}

const cache = new WeakMap<object, { key: string; rows: readonly Row[] }>();
/** Messages of one sender within this time stand under one name. */
const togetherMs = 5 * 60_000;

export function blockOf(item: Item, before: Item | undefined, context: BlockContext): readonly Row[] {
  const day = dayOf(item.timeMs);
  const newDay = before === undefined || dayOf(before.timeMs) !== day;
  const isNew = context.newOrder === item.order;
  const apart = newDay || isNew || before.senderId !== item.senderId || item.timeMs - before.timeMs > togetherMs;
  const time = timeOfDay(item.timeMs);
  const sameTime = !apart && timeOfDay(before.timeMs) === time;
  const name = context.nameOf(item.senderId);
  const key = `${context.textWidth} ${newDay} ${isNew} ${apart} ${sameTime} ${name} ${before === undefined}`;
  const cached = cache.get(item.source);
  if (cached?.key === key) return cached.rows;

  const rows: Row[] = [];
  if (apart && before !== undefined) rows.push({ kind: 'gap' });
  if (newDay) rows.push({ kind: 'day', label: day });
  if (isNew) rows.push({ kind: 'new' });
  const own = item.senderId === context.ownId;
  if (apart) rows.push({ kind: 'sender', name, own });
  const lines = wrap(item.text, context.textWidth);
  for (const [index, line] of lines.entries()) {
    const shown = index === 0 && !sameTime ? time : '';
    rows.push({ kind: 'text', time: shown, text: line.text, own, last: index === lines.length - 1 });
  }
  cache.set(item.source, { key, rows });
  return rows;
}
