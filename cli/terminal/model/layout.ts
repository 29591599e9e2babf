/**
 * Where everything stands, in cells, for any size of the screen. Pure.
 */
import { viewEditor } from './editor.ts';
import { newOrderOf, type ViewContext } from './viewport.ts';
import { nameOf, openChatOf, type Chat, type ClientState, type State } from './state.ts';

/** What one client has of the screen, from top to bottom. */
export interface Pane {
  readonly client: number;
  readonly x: number;
  readonly width: number;
  readonly height: number;
  /** Cells of the list of chats; 0: not shown. */
  readonly listWidth: number;
  /** Cells of the open chat; 0: not shown. */
  readonly chatWidth: number;
  /** Rows between the head and the status line. */
  readonly bodyHeight: number;
  /** Rows of messages. */
  readonly messagesHeight: number;
  readonly composerHeight: number;
  /** Cells of a composer's line. */
  readonly composerWidth: number;
  /** Rules stand below the head and above the composer. */
  readonly rules: boolean;
  readonly gutter: Gutter;
}

/** What stands beside a message's text, in cells. */
export interface Gutter {
  /** Time and bar; a narrow one has the bar only. */
  readonly left: number;
  /** Marks in words, or as signs. */
  readonly right: number;
  readonly words: boolean;
  /** Empty cells right of the marks. */
  readonly spare: number;
}

const listMinWidth = 24;
const listMaxWidth = 36;
/** From this width on, the list of chats stands beside the open chat. */
const bothMinWidth = 76;
const splitMinWidth = 56;
const rulesMinHeight = 10;
const wide: Gutter = { left: 9, right: 12, words: true, spare: 0 };
const medium: Gutter = { left: 9, right: 4, words: false, spare: 0 };
const narrow: Gutter = { left: 3, right: 4, words: false, spare: 0 };
/** Longer lines are hard to read, and their marks too far away. */
const mostTextCells = 100;

export function panesOf(state: State): readonly Pane[] {
  const { size, clients, active } = state;
  const shown = size.columns >= splitMinWidth ? clients.map((_, index) => index) : [active];
  // One column between two panes for the line that parts them.
  const room = size.columns - (shown.length - 1);
  let x = 0;
  return shown.flatMap((index, at) => {
    const width = Math.floor((room * (at + 1)) / shown.length) - Math.floor((room * at) / shown.length);
    const client = clients[index];
    if (client === undefined) return [];
    const pane = paneOf(client, index, { x, width, rows: size.rows });
    x += width + 1;
    return [pane];
  });
}

/** Rows of the pane in which a rule runs from side to side of its chat, or of its list where that stands alone. */
export function ruleRows(pane: Pane, client: ClientState): readonly number[] {
  if (!pane.rules) return [];
  const hasComposer = pane.chatWidth > 0 && openChatOf(client) !== undefined;
  return hasComposer ? [1, pane.height - pane.composerHeight - 2] : [1];
}

function paneOf(client: ClientState, index: number, place: { x: number; width: number; rows: number }): Pane {
  const { x, width, rows } = place;
  const both = width >= bothMinWidth;
  const chat = openChatOf(client);
  const listWidth = both ? Math.min(listMaxWidth, Math.max(listMinWidth, Math.floor(width / 4))) : 0;
  const showList = both || client.focus === 'list' || chat === undefined;
  const chatWidth = both ? width - listWidth - 1 : showList ? 0 : width;
  const rules = rows >= rulesMinHeight;
  const bodyHeight = rows - 2 - (rules ? 1 : 0);
  const composerWidth = Math.max(4, chatWidth - 3);
  const lines = chat === undefined ? 1 : viewEditor(chat.draft, composerWidth).lines.length;
  const composerHeight = Math.min(lines, Math.max(1, Math.min(8, Math.floor(bodyHeight / 3))));
  return {
    client: index,
    x,
    width,
    height: rows,
    listWidth: both ? listWidth : showList ? width : 0,
    chatWidth,
    bodyHeight,
    messagesHeight: Math.max(1, bodyHeight - composerHeight - (rules ? 1 : 0)),
    composerHeight,
    composerWidth,
    rules,
    gutter: gutterOf(chatWidth),
  };
}

function gutterOf(chatWidth: number): Gutter {
  if (chatWidth < 58) return chatWidth >= 36 ? medium : narrow;
  const spare = Math.max(0, chatWidth - wide.left - wide.right - mostTextCells);
  return { ...wide, right: wide.right + spare, spare };
}

export function viewContext(client: ClientState, chat: Chat, pane: Pane): ViewContext {
  return {
    height: pane.messagesHeight,
    textWidth: Math.max(4, pane.chatWidth - pane.gutter.left - pane.gutter.right),
    ownId: client.userId,
    nameOf: (userId) => nameOf(client, userId),
    newOrder: newOrderOf(chat),
  };
}
