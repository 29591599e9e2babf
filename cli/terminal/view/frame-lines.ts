/**
 * What stands around the messages: the head of a pane, the line above the composer, the composer or a question,
 * the status line.
 */
import { maskedText } from '../text/visible-text.ts';
import { bytesOf } from '../model/press-chat.ts';
import { viewEditor } from '../model/editor.ts';
import type { Pane } from '../model/layout.ts';
import {
  mostTextBytes,
  mostUnread,
  nameOf,
  openChatOf,
  type Chat,
  type ClientState,
  type Prompt,
  type State,
} from '../model/state.ts';
import { clip, graphemesOf, widthOf } from '../text/graphemes.ts';
import { emptyLine, lineOf, rule, type Line, type Paint } from './paint.ts';

export interface PaneView {
  readonly state: State;
  readonly client: ClientState;
  readonly pane: Pane;
  readonly active: boolean;
  readonly paint: Paint;
}

export function listHead({ client, pane, active, paint, state }: PaneView): readonly Line[] {
  const focused = active && client.focus === 'list';
  const counts = Array.from(client.chats.values(), (chat) => chat.unread);
  const sum = counts.reduce((all, count) => all + count, 0);
  const unread = counts.some((count) => count >= mostUnread) ? `${sum - 1}+` : String(sum);
  const title = state.clients.length > 1 ? `${client.name}’s chats` : 'Chats';
  const head = lineOf(
    pane.listWidth - 1,
    { text: ` ${title}`, paint: focused ? paint.bold : paint.dim },
    { text: sum === 0 ? '' : `${unread} unread `, paint: paint.dim },
  );
  return pane.rules ? [head, lineOf(pane.listWidth, { text: rule(pane.listWidth), paint: paint.dim })] : [head];
}

export function chatHead(view: PaneView): readonly Line[] {
  const { state, client, pane, active, paint } = view;
  const chat = openChatOf(client);
  const partner = chat === undefined ? 'no chat is open' : nameOf(client, chat.partnerId);
  const split = state.clients.length > 1 && pane.listWidth === 0;
  const focused = active && client.focus === 'chat';
  const elsewhere = Array.from(client.chats.values()).filter((one) => one !== chat && one.unread > 0).length;
  const head = lineOf(
    pane.chatWidth - 1,
    { text: split ? ` ${client.name} → ${partner}` : ` ${partner}`, paint: focused ? paint.bold : paint.dim },
    {
      text:
        pane.listWidth > 0 || elsewhere === 0 ? '' : `${elsewhere} other ${elsewhere === 1 ? 'chat' : 'chats'} unread `,
      paint: paint.bold,
    },
  );
  return pane.rules ? [head, lineOf(pane.chatWidth, { text: rule(pane.chatWidth), paint: paint.dim })] : [head];
}

/** The line between messages and composer; it says what came below, and how much still fits. */
export function composerRule({ client, pane, paint }: PaneView): readonly Line[] {
  const chat = openChatOf(client);
  if (!pane.rules || chat === undefined) return [];
  const failed = chat.pending.find((pending) => pending.state === 'failed');
  const label = failed === undefined ? labelOf(chat) : `not sent, Ctrl-R takes it back: ${failed.reason}`;
  const left = mostTextBytes - bytesOf(chat.draft.text);
  // Said when an eighth is left.
  const limit = left > mostTextBytes / 8 ? '' : left >= 0 ? ` ${left} bytes left ` : ` ${-left} bytes too long `;
  const width = pane.chatWidth - widthOf(limit);
  const loud = chat.newBelow > 0 || failed !== undefined;
  const style = loud
    ? (text: string) => paint.bold(failed === undefined ? paint.warn(text) : paint.bad(text))
    : paint.dim;
  const text = label === '' ? rule(width) : rule(width, clip(label, width - 4));
  return [
    { left: style(text) + (left < 0 ? paint.bold(paint.bad(limit)) : paint.bold(limit)), right: '', rightWidth: 0 },
  ];
}

function labelOf(chat: Chat): string {
  if (chat.newBelow > 0) return `↓ ${chat.newBelow} new`;
  if (chat.seeking) return 'going to the first unread…';
  return chat.place.kind === 'follow' ? '' : '↓ newer below';
}

export interface ComposerView {
  readonly lines: readonly Line[];
  /** Of the cursor, within these lines. */
  readonly row: number;
  readonly column: number;
}

export function composerView({ client, pane, active, paint }: PaneView): ComposerView {
  const chat = openChatOf(client);
  if (chat === undefined) return { lines: [emptyLine], row: 0, column: 0 };
  const { draft } = chat;
  const masked = { ...draft, text: maskedText(draft.text) };
  const { lines, row, column } = viewEditor(masked, pane.composerWidth);
  const from = Math.max(0, Math.min(row - pane.composerHeight + 1, lines.length - pane.composerHeight));
  const shown = lines.slice(from, from + pane.composerHeight);
  const focused = active && client.focus === 'chat';
  const prompt = (index: number): string => (index === 0 ? (focused ? paint.bold(' › ') : paint.dim(' › ')) : '   ');
  if (draft.text === '') {
    const hint = focused ? 'write a message' : '';
    return {
      lines: [{ ...emptyLine, left: prompt(0) + paint.dim(clip(hint, pane.composerWidth)) }],
      row: 0,
      column: 3,
    };
  }
  return {
    lines: shown.map((line, index) => ({ ...emptyLine, left: prompt(from + index) + line.text.trimEnd() })),
    row: row - from,
    column: 3 + column,
  };
}

const questions: Readonly<Record<Prompt['kind'], string>> = { 'new-chat': 'Chat with:', search: 'Search:' };

/** The question that stands in place of the status line. */
export function promptView(prompt: Prompt, width: number, paint: Paint): { line: Line; column: number } {
  const question = ` ${questions[prompt.kind]} `;
  const help = prompt.kind === 'search' ? 'Enter older · ↓ newer · Esc done' : 'Enter open · Esc cancel';
  const answer = prompt.busy ? 'looking…' : prompt.answer;
  const text = maskedText(prompt.editor.text);
  const { shown, cursor } = around(text, prompt.editor.cursor, Math.max(4, width - widthOf(question) - 2));
  const used = widthOf(question) + widthOf(shown);
  const room = width - used - 2;
  const note = clip(answer === '' ? help : answer, room > 8 ? room : 0);
  return {
    line: {
      left: paint.bold(question) + shown,
      right: answer === '' ? paint.dim(note) : paint.bold(note),
      rightWidth: widthOf(note),
    },
    column: Math.min(width - 1, widthOf(question) + cursor),
  };
}

/** As much of one line as fits, with the cursor in it, and the cells from its start to the cursor. */
function around(text: string, at: number, width: number): { readonly shown: string; readonly cursor: number } {
  const before = widthOf(text.slice(0, at));
  if (before < width) return { shown: clip(text, width), cursor: before };
  // "…" stands for what is left of it; the cursor needs a cell of its own.
  let cut = 0;
  let left = before;
  for (const grapheme of graphemesOf(text.slice(0, at))) {
    if (left <= width - 2) break;
    cut += grapheme.text.length;
    left -= grapheme.width;
  }
  return { shown: clip(`…${text.slice(cut)}`, width), cursor: 1 + left };
}

export function statusLine({ state, client, pane, paint }: PaneView): Line {
  const width = pane.width - 1;
  if (state.leaving)
    return lineOf(width, { text: ' Not everything is sent: Ctrl-C again leaves without it', paint: paint.bold });
  if (client.notice !== '')
    return lineOf(width, { text: ` ${client.notice}`, paint: (text) => paint.bold(paint.warn(text)) });
  const { connection, rttMs } = client;
  const rtt = rttMs === undefined ? '' : ` · ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;
  const said = {
    connecting: () => ({ sign: '○', text: 'connecting…', paint: paint.warn }),
    connected: () => ({
      sign: '●',
      text: `connected to ${connection.kind === 'connected' ? connection.serverId : ''}${rtt}`,
      paint: paint.good,
    }),
    'catching-up': () => ({ sign: '○', text: 'catching up…', paint: paint.warn }),
    lost: () => ({ sign: '○', text: 'reconnecting…', paint: (text: string) => paint.bold(paint.warn(text)) }),
  }[connection.kind]();
  // The name of the stack gives way first, then that of the user.
  const least = widthOf(said.text) + 3;
  const long = ` ${client.name} · ${state.stackName} · `;
  const short = ` ${clip(client.name, Math.max(Math.floor(width / 3), width - least - 4))} · `;
  const who = widthOf(long) + least <= width ? long : short;
  const keys = client.focus === 'list' ? 'Enter open · n new · ? help · q quit' : 'Esc chats · F1 help';
  const room = width - widthOf(who) - widthOf(said.text) - 3;
  const help = room >= widthOf(keys) + 2 ? keys : '';
  const text = clip(`${said.sign} ${said.text}`, width - widthOf(who));
  return {
    left: paint.bold(clip(who, width)) + said.paint(text),
    right: help === '' ? '' : paint.dim(help),
    rightWidth: widthOf(help),
  };
}
