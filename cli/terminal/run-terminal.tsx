/**
 * Runs the terminal client: keys and servers bring actions, each action makes a new state, each state a frame.
 * A key is drawn at once; what servers bring is drawn a few times a second.
 */
import { PassThrough, Writable } from 'node:stream';
import { render, type Instance } from 'ink';
import type { ReactElement } from 'react';
import type { Clock } from '../../services/core/time/clock.ts';
import type { InputStream, OutputStream } from '../commands/environment.ts';
import type { TerminalHost } from '../terminal-host.ts';
import { SlotsContext } from './components/lines.tsx';
import { listenToKeyboard } from './device/keyboard.ts';
import { createPainter } from './device/painter.ts';
import { createScreenMode } from './device/screen-mode.ts';
import { sizeOf } from './model/layout.ts';
import type { Action, Effect } from './model/action.ts';
import type { State } from './model/state.ts';
import { update } from './model/update.ts';
import { ChatScreen } from './screens/chat-screen.tsx';
import { cursorOf } from './view/cursor.ts';
import { createPaint } from './view/paint.ts';
import { titleOf } from './view/title.ts';

export interface TerminalRequest {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly host: TerminalHost;
  readonly clock: Clock;
  readonly signal: AbortSignal;
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

const drawEveryMs = 40;
const tickMs = 1_000;
/** More than there are panes and lines between them: see Lines. */
const gridColumns = 16;

export function openTerminal(request: TerminalRequest): Terminal {
  const { stdin, stdout, host, clock, signal } = request;
  const mode = createScreenMode(request);
  const painter = createPainter((text) => void stdout.write(text));
  const paint = createPaint(request.colours);
  let state: State = { ...request.state, size: sizeOf(stdout.columns ?? 80, stdout.rows ?? 24) };
  let scheduled: 'no' | 'soon' | 'now' = 'no';
  let title = '';
  let closed = false;
  let leave: (error?: unknown) => void = () => undefined;
  const left = new Promise<void>((resolve, reject) => {
    leave = (error) => (error === undefined ? resolve() : reject(error));
  });
  left.catch(() => undefined);

  const frames = new Writable({
    decodeStrings: false,
    write(frame: string, _encoding, done) {
      // ink draws once more when it ends.
      if (mode.entered) painter.paint(frame, cursorOf(state, paint));
      done();
    },
  });
  const grid = Object.assign(frames, { columns: gridColumns, rows: 1_000 });
  const screen = (): ReactElement => (
    <SlotsContext.Provider value={painter.slots}>
      <ChatScreen state={state} paint={paint} />
    </SlotsContext.Provider>
  );
  let instance: Instance | undefined;
  const draw = (): void => {
    scheduled = 'no';
    if (closed || !mode.entered) return;
    // A slow line gets the latest frame when it takes more, not every frame.
    if (stdout.writableNeedDrain) {
      stdout.once('drain', () => schedule('now'));
      return;
    }
    guarded(() => {
      // ink in debug mode hands on each frame as a whole, at once.
      const streams = {
        stdout: grid as unknown as NodeJS.WriteStream,
        stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      };
      if (instance === undefined) {
        instance = render(screen(), { ...streams, debug: true, patchConsole: false, exitOnCtrlC: false });
        instance.waitUntilExit().catch((error: unknown) => leave(error));
      } else instance.rerender(screen());
      if (request.title && titleOf(state) !== title) {
        title = titleOf(state);
        stdout.write(`\u001b]2;${title}\u0007`);
      }
    });
  };
  const schedule = (when: 'soon' | 'now'): void => {
    if (closed || scheduled === 'now' || scheduled === when) return;
    scheduled = when;
    if (when === 'now') setImmediate(draw);
    else clock.after(drawEveryMs, () => scheduled === 'soon' && draw());
  };
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      leave(error);
    }
  };
  const carryOut = (effect: Effect): void => {
    if ('client' in effect) {
      request.carryOut(effect);
      return;
    }
    switch (effect.kind) {
      case 'bell':
        if (request.bell) stdout.write('\u0007');
        return;
      case 'redraw':
        painter.reset();
        stdout.write('\u001b[0m\u001b[2J');
        return;
      case 'suspend':
        mode.leave();
        title = '';
        void host.suspend().then(() => {
          if (closed) return;
          mode.enter();
          dispatch({ kind: 'resize', size: sizeOf(stdout.columns ?? 80, stdout.rows ?? 24) });
        });
        return;
      case 'leave':
        leave();
    }
  };
  const dispatch = (action: Action): void => {
    if (closed) return;
    guarded(() => {
      const before = state;
      const { state: next, effects } = update(state, action);
      state = next;
      for (const effect of effects) carryOut(effect);
      if (state !== before) schedule(action.kind === 'network' || action.kind === 'tick' ? 'soon' : 'now');
    });
  };

  const onResize = (): void => dispatch({ kind: 'resize', size: sizeOf(stdout.columns ?? 80, stdout.rows ?? 24) });
  const onAbort = (): void => leave(signal.reason);
  const guard = host.guard(() => mode.leave());
  mode.enter();
  const keyboard = listenToKeyboard(stdin, {
    key: (key) => dispatch({ kind: 'key', key }),
    paste: (text) => dispatch({ kind: 'paste', text }),
    focus: (focused) => dispatch({ kind: 'focus', focused }),
  });
  stdout.on('resize', onResize);
  signal.addEventListener('abort', onAbort, { once: true });
  const ticks = clock.every(tickMs, () => dispatch({ kind: 'tick', nowMs: clock.nowMs(), rttMs: request.rttMs() }));
  schedule('now');

  return {
    dispatch,
    left,
    close() {
      if (closed) return;
      closed = true;
      ticks.cancel();
      stdout.off('resize', onResize);
      signal.removeEventListener('abort', onAbort);
      keyboard[Symbol.dispose]();
      mode.leave();
      instance?.unmount();
      guard[Symbol.dispose]();
    },
  };
}
