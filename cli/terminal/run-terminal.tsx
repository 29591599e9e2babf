/**
 * Runs the terminal client: keys and servers bring actions, each action makes a new state, each state a frame.
 * A key is drawn at once; what servers bring is drawn a few times a second.
 */
import { openScreen, type ScreenDevices } from './device/screen.tsx';
import type { Action, Effect } from './model/action.ts';
import type { State } from './model/state.ts';
import { update } from './model/update.ts';
import { ChatScreen } from './screens/chat-screen.tsx';
import { cursorOf } from './view/cursor.ts';
import { createPaint } from './view/paint.ts';
import { titleOf } from './view/title.ts';

export interface TerminalRequest extends ScreenDevices {
  readonly state: State;
  readonly colours: boolean;
  readonly bell: boolean;
  readonly title: boolean;
  /** Carries out what concerns servers. */
  readonly carryOut: (effect: Extract<Effect, { readonly client: number }>) => void;
  /** Round-trip times, one for each client. */
  readonly rttMs: () => readonly (number | undefined)[];
}

export interface Terminal {
  dispatch(action: Action): void;
  /** Resolves when its user leaves; rejects with the signal's reason, or with what went wrong. */
  readonly left: Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

const tickMs = 1_000;

export function openTerminal(request: TerminalRequest): Terminal {
  const { clock } = request;
  const paint = createPaint(request.colours);
  let state = request.state;
  let closed = false;
  const screen = openScreen({
    ...request,
    frame: () => <ChatScreen state={state} paint={paint} />,
    cursor: () => cursorOf(state, paint),
    title: request.title ? () => titleOf(state) : undefined,
    keyboard: {
      key: (key) => dispatch({ kind: 'key', key }),
      paste: (text) => dispatch({ kind: 'paste', text }),
      focus: (focused) => dispatch({ kind: 'focus', focused }),
    },
    resized: (size) => dispatch({ kind: 'resize', size }),
  });
  state = { ...state, size: screen.size };
  const carryOut = (effect: Effect): void => {
    if ('client' in effect) {
      request.carryOut(effect);
      return;
    }
    switch (effect.kind) {
      case 'bell':
        if (request.bell) screen.ring();
        return;
      case 'redraw':
        screen.clear();
        return;
      case 'suspend':
        screen.suspend();
        return;
      case 'leave':
        screen.leave();
    }
  };
  const dispatch = (action: Action): void => {
    if (closed) return;
    screen.guarded(() => {
      const before = state;
      const { state: next, effects } = update(state, action);
      state = next;
      for (const effect of effects) carryOut(effect);
      if (state !== before) screen.schedule(action.kind === 'network' || action.kind === 'tick' ? 'soon' : 'now');
    });
  };
  const ticks = clock.every(tickMs, () => dispatch({ kind: 'tick', nowMs: clock.nowMs(), rttMs: request.rttMs() }));
  screen.schedule('now');

  return {
    dispatch,
    left: screen.left,
    close() {
      closed = true;
      ticks.cancel();
      screen.close();
    },
  };
}
