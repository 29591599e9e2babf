/**
 * Keys while one line is asked for: the name for a new chat, or what to search for.
 */
import type { Update } from './action.ts';
import { emptyEditor, insert, move, remove } from './editor.ts';
import type { Key } from './key.ts';
import { typable } from './press-chat.ts';
import { search, stopSearch } from './search.ts';
import { openChatOf, withChat, type ClientState, type Prompt, type State } from './state.ts';

const nothing = (state: ClientState): Update<ClientState> => ({ state, effects: [] });

export function pressInPrompt(state: State, client: ClientState, key: Key): Update<ClientState> {
  const { prompt } = client;
  if (prompt === undefined) return nothing(client);
  const typing = (editor: Prompt['editor']): Update<ClientState> => {
    const chat = openChatOf(client);
    const { state: calm, effects } = stopSearch(state.active, client);
    const next = { ...calm, prompt: { ...prompt, editor, answer: '', offersOlder: false, running: undefined } };
    // Other words are looked for from the bottom of the view again.
    const anew = prompt.kind === 'search' && chat?.found !== undefined;
    return { state: anew ? withChat(next, { ...chat, found: undefined }) : next, effects };
  };
  const name: string = key.name;
  switch (name) {
    case 'escape':
      if (prompt.running !== undefined) return stopSearch(state.active, client);
      return nothing({ ...client, prompt: undefined });
    case 'return':
      return prompt.kind === 'search' ? search(state, client, 'older') : ask(state, client, prompt);
    case 'up':
      return prompt.kind === 'search' ? search(state, client, 'older') : nothing(client);
    case 'down':
      return prompt.kind === 'search' ? search(state, client, 'newer') : nothing(client);
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
