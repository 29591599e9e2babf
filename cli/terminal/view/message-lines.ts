/**
 * The rows of the open chat: whose they are is told by name and by the bar (thick = own), how far one's own
 * messages got by a mark at the right edge.
 */
import type { Item } from '../model/block.ts';
import { viewContext, type Gutter, type Pane } from '../model/layout.ts';
import type { Chat, ClientState } from '../model/state.ts';
import { viewportOf, type Viewport, type VisibleRow } from '../model/viewport.ts';
import { clip, widthOf } from '../text/graphemes.ts';
import { emptyLine, lineOf, rule, type Line, type Paint } from './paint.ts';

export type Mark = 'failed' | 'queued' | 'sending' | 'processed' | 'delivered' | 'seen';

const words: Readonly<Record<Mark, string>> = {
  failed: 'failed',
  queued: 'queued',
  sending: 'sending…',
  processed: 'processed',
  delivered: 'delivered',
  seen: 'seen',
};
const signs: Readonly<Record<Mark, string>> = {
  failed: '!!',
  queued: '..',
  sending: '…',
  processed: '·',
  delivered: '✓',
  seen: '✓✓',
};

export interface MessagesView {
  readonly client: ClientState;
  readonly chat: Chat;
  readonly pane: Pane;
  readonly paint: Paint;
}

/** As many as the pane has rows for messages. */
export function messageLines(view: MessagesView): readonly Line[] {
  const { client, chat, pane } = view;
  const viewport = viewportOf(chat, viewContext(client, chat, pane));
  const lines = viewport.rows.map((visible) => rowLine(view, viewport, visible));
  if (lines.length === 0) return emptyChat(view);
  const blank = Math.max(0, pane.messagesHeight - lines.length);
  return [...Array<Line>(blank).fill(emptyLine), ...lines];
}

/** How far it got; undefined for messages of others. */
export function markOf(item: Item, { chat, client }: Pick<MessagesView, 'chat' | 'client'>): Mark | undefined {
  if (item.senderId !== client.userId) return undefined;
  if ('localId' in item.source) {
    if (item.source.state === 'failed') return 'failed';
    return client.connection.kind === 'connected' ? 'sending' : 'queued';
  }
  const { messageId } = item.source;
  if (messageId <= chat.seenUpTo) return 'seen';
  return messageId <= chat.deliveredUpTo ? 'delivered' : 'processed';
}

function rowLine(view: MessagesView, viewport: Viewport, { row, item }: VisibleRow): Line {
  const { pane, paint } = view;
  const width = pane.chatWidth;
  switch (row.kind) {
    case 'gap':
      return emptyLine;
    case 'day':
      return lineOf(width, { text: ` ${rule(width - 2, row.label)}`, paint: paint.dim });
    case 'new':
      return lineOf(width, { text: ` ${rule(width - 2, 'new')}`, paint: (text) => paint.bold(paint.warn(text)) });
    case 'sender': {
      const name = row.own ? `${row.name} (you)` : row.name;
      return lineOf(width, {
        text: ` ${name}`,
        paint: (text) => paint.bold((row.own ? paint.own : paint.other)(text)),
      });
    }
    case 'text': {
      const right = row.last ? markLine(view, viewport, item) : emptyLine;
      const found = view.chat.found === item.order ? (text: string) => paint.inverse(text) : undefined;
      const text = widthOf(row.text) > textWidth(width, pane.gutter) ? row.text.trimEnd() : row.text;
      return {
        left: gutterText({ time: row.time, own: row.own, gutter: pane.gutter, paint }) + (found?.(text) ?? text),
        right: right.right,
        rightWidth: right.rightWidth,
      };
    }
  }
}

function textWidth(width: number, gutter: Gutter): number {
  return width - gutter.left - gutter.right;
}

function gutterText(row: { time: string; own: boolean; gutter: Gutter; paint: Paint }): string {
  const { time, own, gutter, paint } = row;
  const bar = own ? paint.own(paint.bold('┃')) : paint.other('│');
  if (gutter.left < 9) return ` ${bar} `;
  return ` ${paint.dim(time.padEnd(5))} ${bar} `;
}

/** Of a run of messages that got equally far only the last one has the mark; a failure always has its own. */
function markLine(view: MessagesView, { items }: Viewport, item: Item): Line {
  const { pane, paint } = view;
  const mark = markOf(item, view);
  if (mark === undefined) return emptyLine;
  const index = items.findIndex((one) => one.order === item.order);
  const next = items.slice(index + 1).find((one) => one.senderId === view.client.userId);
  if (mark !== 'failed' && next !== undefined && markOf(next, view) === mark) return emptyLine;
  const { right, spare } = pane.gutter;
  const text = clip(pane.gutter.words ? words[mark] : signs[mark], right - spare - 2);
  const style =
    mark === 'failed' ? (one: string) => paint.bold(paint.bad(one)) : mark === 'seen' ? paint.own : paint.dim;
  return { left: '', right: style(text) + ' '.repeat(1 + spare), rightWidth: widthOf(text) + 1 + spare };
}

function emptyChat({ chat, pane, paint }: MessagesView): readonly Line[] {
  const text = chat.window.start && chat.window.live ? 'No messages yet: write the first one.' : 'Loading…';
  return [
    ...Array<Line>(Math.max(0, pane.messagesHeight - 1)).fill(emptyLine),
    lineOf(pane.chatWidth, { text: ` ${text}`, paint: paint.dim }),
  ];
}
