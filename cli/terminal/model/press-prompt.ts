/**
 * Keys while one line is asked for: the name for a new chat, or what to search for.
 */
import type { Update } from './action.ts';
import { emptyEditor, insert, move, remove } from './editor.ts';
import type { Key } from './key.ts';
import { panesOf, viewContext } from './layout.ts';
import { typable } from './press-chat.ts';
import { openChatOf, withChat, type Chat, type ClientState, type Prompt, type State } from './state.ts';
import { itemsOf, scroll, viewportOf } from './viewport.ts';

const nothing = (state: ClientState): Update<ClientState> => ({ state, effects: [] });

export function pressInPrompt(state: State, client: ClientState, key: Key): Update<ClientState> {
  const { prompt } = client;
  if (prompt === undefined) return nothing(client);
  const typing = (editor: Prompt['editor']): Update<ClientState> => {
    const chat = openChatOf(client);
    const next = { ...client, prompt: { ...prompt, editor, answer: '' } };
    // Other words are looked for from the bottom of the view again.
    const anew = prompt.kind === 'search' && chat?.found !== undefined;
    return nothing(anew ? withChat(next, { ...chat, found: undefined }) : next);
  };
  const name: string = key.name;
  switch (name) {
    case 'escape':
      return nothing({ ...client, prompt: undefined });
    case 'return':
      return prompt.kind === 'search' ? nothing(search(state, client, 'older')) : ask(state, client, prompt);
    case 'up':
      return nothing(prompt.kind === 'search' ? search(state, client, 'older') : client);
    case 'down':
      return nothing(prompt.kind === 'search' ? search(state, client, 'newer') : client);
    case 'left':
    case 'right':
      return typing(move(prompt.editor, name));
    case 'home':
      return typing(move(prompt.editor, 'start'));
    case 'end':
      return typing(move(prompt.editor, 'end'));
    case 'backspace':
      return typing(remove(prompt.editor, key.alt || key.ctrl ? 'word-left' : 'left'));
    case 'delete':
      return typing(remove(prompt.editor, 'right'));
    case 'text':
      if (key.ctrl && key.text === 'u') return typing(emptyEditor);
      if (key.ctrl && key.text === 'w') return typing(remove(prompt.editor, 'word-left'));
      return key.ctrl || key.alt ? nothing(client) : typing(insert(prompt.editor, key.text));
    default:
      return nothing(client);
  }
}

export function pasteIntoPrompt(client: ClientState, text: string): ClientState {
  const { prompt } = client;
  if (prompt === undefined) return client;
  return { ...client, prompt: { ...prompt, editor: insert(prompt.editor, typable(text).replaceAll('\n', ' ')) } };
}

function ask(state: State, client: ClientState, prompt: Prompt): Update<ClientState> {
  const name = prompt.editor.text.trim();
  if (name === '' || prompt.busy) return nothing(client);
  return {
    state: { ...client, prompt: { ...prompt, busy: true, answer: '' } },
    effects: [{ kind: 'find-user', client: state.active, name }],
  };
}

/** The next message that holds the words, from the one found before or from the bottom of the view. */
function search(state: State, client: ClientState, direction: 'older' | 'newer'): ClientState {
  const { prompt } = client;
  const chat = openChatOf(client);
  const pane = panesOf(state).find((one) => one.client === state.active);
  if (prompt === undefined || chat === undefined || pane === undefined) return client;
  const words = prompt.editor.text.toLocaleLowerCase();
  if (words === '') return client;
  const items = itemsOf(chat, client.userId);
  const context = viewContext(client, chat, pane);
  const { last } = viewportOf(chat, context);
  const at = chat.found === undefined ? -1 : items.findIndex((item) => item.order === chat.found);
  const step = direction === 'older' ? -1 : 1;
  const start = at >= 0 ? at + step : last;
  for (let index = start; index >= 0 && index < items.length; index += step) {
    const item = items[index];
    if (item === undefined || !item.text.toLocaleLowerCase().includes(words)) continue;
    const found: Chat = {
      ...chat,
      found: item.order,
      seeking: false,
      place: { kind: 'at', order: item.order, fromEnd: 0 },
    };
    // In the middle, so that what was said around it is seen too.
    const place = scroll(found, context, -Math.floor(context.height / 2));
    const newBelow = place.kind === 'follow' ? 0 : chat.newBelow;
    return withChat({ ...client, prompt: { ...prompt, answer: '' } }, { ...found, place, newBelow });
  }
  const answer = `no ${direction} message loaded holds it`;
  return { ...client, prompt: { ...prompt, answer } };
}
