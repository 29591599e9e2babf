/**
 * Keys while a chat has the keyboard: writing, sending, moving through the messages.
 */
import type { Update } from './action.ts';
import { emptyEditor, insert, move, moveLine, redo, remove, undo, type Editor, type Move } from './editor.ts';
import type { Key } from './key.ts';
import { panesOf, viewContext } from './layout.ts';
import { askForChat } from './press-list.ts';
import {
  emptyPrompt,
  follow,
  mostTextBytes,
  openChatOf,
  withChat,
  type Chat,
  type ClientState,
  type State,
} from './state.ts';
import { visibleText } from '../text/visible-text.ts';
import { scroll, viewportOf, type ViewContext } from './viewport.ts';

const nothing = (state: ClientState): Update<ClientState> => ({ state, effects: [] });

export function pressInChat(state: State, client: ClientState, key: Key): Update<ClientState> {
  const chat = openChatOf(client);
  const pane = panesOf(state).find((one) => one.client === state.active);
  if (chat === undefined || pane === undefined) return nothing({ ...client, focus: 'list' });
  const context = viewContext(client, chat, pane);
  if (key.name === 'escape' || key.name === 'tab') return nothing({ ...client, focus: 'list' });
  if (key.name === 'return' && !key.alt && !key.shift) return send(state, client, chat);
  const moved = navigate(chat, key, context);
  if (moved !== undefined) return nothing(withChat(client, moved));
  if (key.ctrl && key.name === 'text') {
    if (key.text === 'r') return nothing(withChat(client, takeBack(chat)));
    if (key.text === 'n') return nothing(askForChat(client));
    if (key.text === 'f') return nothing({ ...client, prompt: emptyPrompt('search') });
  }
  const draft = edit(chat.draft, key, pane.composerWidth);
  return nothing(draft === undefined ? client : write(client, chat, draft));
}

export function pasteIntoDraft(client: ClientState, text: string): ClientState {
  const chat = openChatOf(client);
  if (chat === undefined || client.focus !== 'chat') return client;
  return write(client, chat, insert(chat.draft, typable(text)));
}

/** What was typed or pasted, without what a terminal would take as a command. */
export function typable(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replaceAll(/(?!\n)\p{Cc}/gu, '');
}

export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function write(client: ClientState, chat: Chat, draft: Editor): ClientState {
  return withChat(client, { ...chat, draft });
}

function send(state: State, client: ClientState, chat: Chat): Update<ClientState> {
  // A pasted file ends with a line break, which is no part of what is said.
  const text = chat.draft.text.replace(/\n+$/, '');
  if (text.trim() === '') return nothing(client);
  const bytes = bytesOf(text);
  if (bytes > mostTextBytes) {
    const notice = `too long by ${bytes - mostTextBytes} bytes: a message holds ${mostTextBytes}`;
    return nothing({ ...client, notice });
  }
  const localId = client.nextLocalId;
  const pending = {
    localId,
    text: visibleText(text),
    written: text,
    timeMs: state.nowMs,
    state: 'sending' as const,
    reason: '',
  };
  const sent: Chat = {
    ...chat,
    draft: emptyEditor,
    pending: [...chat.pending, pending],
    place: follow,
    newBelow: 0,
    newAfter: undefined,
    seeking: false,
    found: undefined,
  };
  const next = withChat({ ...client, nextLocalId: localId + 1 }, sent);
  const { chatId, partnerId } = chat;
  return { state: next, effects: [{ kind: 'send', client: state.active, chatId, to: partnerId, localId, text }] };
}

/** Undefined: the key does not move through messages. */
function navigate(chat: Chat, key: Key, context: ViewContext): Chat | undefined {
  const empty = chat.draft.text === '';
  const page = Math.max(1, context.height - 2);
  const by = (up: number): Chat => moveTo(chat, context, up);
  const name: string = key.name;
  switch (name) {
    case 'pageup':
      return by(page);
    case 'pagedown':
      return by(-page);
    case 'up':
      return empty || key.shift ? by(1) : undefined;
    case 'down':
      return empty || key.shift ? by(-1) : undefined;
    case 'home':
      return empty || key.ctrl ? by(viewportOf(chat, context).items.length * 200) : undefined;
    case 'end':
      return empty || key.ctrl ? { ...chat, place: follow, newBelow: 0, seeking: false, found: undefined } : undefined;
    case 'text':
      if (key.ctrl && key.text === 'g') return { ...chat, newAfter: chat.newAfter ?? chat.ownSeenUpTo, seeking: true };
      return undefined;
    default:
      return undefined;
  }
}

function moveTo(chat: Chat, context: ViewContext, up: number): Chat {
  const place = scroll(chat, context, up);
  return { ...chat, place, newBelow: place.kind === 'follow' ? 0 : chat.newBelow, seeking: false };
}

/** The text of the latest send that failed comes back into the composer, to be sent again. */
function takeBack(chat: Chat): Chat {
  const failed = chat.pending.findLast((pending) => pending.state === 'failed');
  if (failed === undefined || chat.draft.text !== '') return chat;
  const pending = chat.pending.filter((one) => one !== failed);
  return { ...chat, pending, draft: insert(chat.draft, failed.written) };
}

const controls: Readonly<Record<string, Move>> = { a: 'line-start', e: 'line-end', b: 'left', f: 'right' };

function edit(draft: Editor, key: Key, width: number): Editor | undefined {
  const word = key.ctrl || key.alt;
  const name: string = key.name;
  switch (name) {
    case 'return':
    case 'newline':
      return insert(draft, '\n');
    case 'left':
      return move(draft, word ? 'word-left' : 'left');
    case 'right':
      return move(draft, word ? 'word-right' : 'right');
    case 'up':
      return moveLine(draft, -1, width);
    case 'down':
      return moveLine(draft, 1, width);
    case 'home':
      return move(draft, key.ctrl ? 'start' : 'line-start');
    case 'end':
      return move(draft, key.ctrl ? 'end' : 'line-end');
    case 'backspace':
      return remove(draft, word ? 'word-left' : 'left');
    case 'delete':
      return remove(draft, word ? 'word-right' : 'right');
    case 'text':
      return typed(draft, key);
    default:
      return undefined;
  }
}

function typed(draft: Editor, { text, ctrl, alt }: Key): Editor | undefined {
  if (!ctrl && !alt) return insert(draft, text);
  if (ctrl && text === '_') return undo(draft);
  if (ctrl && text === 'y') return redo(draft);
  if (ctrl && text === 'w') return remove(draft, 'word-left');
  if (ctrl && text === 'u') return remove(draft, 'line-start');
  if (ctrl && text === 'k') return remove(draft, 'line-end');
  if (ctrl && text === 'd') return remove(draft, 'right');
  if (ctrl && controls[text] !== undefined) return move(draft, controls[text]);
  if (alt && text === 'b') return move(draft, 'word-left');
  if (alt && text === 'f') return move(draft, 'word-right');
  if (alt && text === 'd') return remove(draft, 'word-right');
  return undefined;
}
