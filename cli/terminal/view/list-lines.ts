/**
 * The list of chats: two rows for each, with who said what last, when, and how much of it is unread.
 */
import { shortTime } from '../model/local-time.ts';
import { mostUnread, nameOf, sortedChats, type Chat, type ClientState } from '../model/state.ts';
import { visibleLine } from '../text/visible-text.ts';
import { lineOf, type Line, type Paint } from './paint.ts';

export interface ListView {
  readonly client: ClientState;
  readonly nowMs: number;
  readonly width: number;
  readonly height: number;
  /** The list has the keyboard. */
  readonly focused: boolean;
  readonly paint: Paint;
}

const rowsPerChat = 2;

export function listLines(view: ListView): readonly Line[] {
  const { client, width, height, paint } = view;
  const chats = sortedChats(client);
  if (chats.length === 0) {
    const words = client.loaded ? ['No chats yet.', 'n starts one.'] : ['Loading chats…'];
    return words.slice(0, height).map((text) => lineOf(width, { text: ` ${text}`, paint: paint.dim }));
  }
  const fitting = Math.max(1, Math.floor(height / rowsPerChat));
  const at = Math.max(
    0,
    chats.findIndex((chat) => chat.chatId === client.selected),
  );
  const from = Math.max(0, Math.min(at - Math.floor(fitting / 2), chats.length - fitting));
  const lines = chats.slice(from, from + fitting).flatMap((chat) => chatLines(view, chat));
  return lines.slice(0, height);
}

function chatLines(view: ListView, chat: Chat): Line[] {
  const { client, nowMs, width, focused, paint } = view;
  const selected = chat.chatId === client.selected;
  const pointer = selected ? (focused ? '▌' : '▏') : ' ';
  const name = nameOf(client, chat.partnerId);
  const unread = chat.unread > 0;
  const head =
    selected && focused
      ? (text: string) => paint.inverse(paint.bold(text))
      : unread || selected
        ? paint.bold
        : undefined;
  const time = chat.last === undefined ? '' : shortTime(chat.last.timeMs, nowMs);
  const count = unread ? ` ${chat.unread >= mostUnread ? `${mostUnread - 1}+` : chat.unread} ` : '';
  const first = lineOf(
    width - 1,
    { text: `${pointer}${name}${selected && focused ? ' ' : ''}`, ...(head === undefined ? {} : { paint: head }) },
    { text: time, paint: paint.dim },
  );
  const second = lineOf(
    width - 1,
    { text: `${selected ? '▏' : ' '}${preview(client, chat)}`, paint: unread ? (text) => text : paint.dim },
    { text: count, paint: paint.inverse },
  );
  return [first, second].map((line) => ({
    ...line,
    right: line.right === '' ? '' : `${line.right} `,
    rightWidth: line.rightWidth === 0 ? 0 : line.rightWidth + 1,
  }));
}

function preview(client: ClientState, chat: Chat): string {
  if (chat.draft.text !== '' && client.open !== chat.chatId)
    return `draft: ${visibleLine(chat.draft.text.slice(0, 100))}`;
  const pending = chat.pending.at(-1);
  if (pending !== undefined) return `you: ${visibleLine(pending.text.slice(0, 100))}`;
  if (chat.last === undefined) return 'no messages yet';
  return chat.last.senderId === client.userId ? `you: ${chat.last.text}` : chat.last.text;
}
