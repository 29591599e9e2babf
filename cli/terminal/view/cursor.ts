/**
 * Where the terminal's own cursor stands, so that input methods open their window at the right place.
 */
import { panesOf } from '../model/layout.ts';
import { openChatOf, type State } from '../model/state.ts';
import type { CursorPlace } from './cursor-place.ts';
import { composerView, promptView } from './frame-lines.ts';
import type { Paint } from './paint.ts';

/** Undefined: the cursor is hidden. */
export function cursorOf(state: State, paint: Paint): CursorPlace | undefined {
  const client = state.clients[state.active];
  const pane = panesOf(state).find((one) => one.client === state.active);
  if (state.help !== undefined || client === undefined || pane === undefined) return undefined;
  if (client.prompt !== undefined) {
    return { row: pane.height - 1, column: pane.x + promptView(client.prompt, pane.width, paint).column };
  }
  if (client.focus !== 'chat' || openChatOf(client) === undefined || pane.chatWidth === 0) return undefined;
  const { row, column } = composerView({ state, client, pane, active: true, paint });
  const x = pane.x + (pane.listWidth > 0 ? pane.listWidth + 1 : 0);
  const top = pane.height - 1 - pane.composerHeight;
  return { row: top + row, column: Math.min(x + pane.chatWidth - 1, x + column) };
}
