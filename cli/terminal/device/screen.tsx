/**
 * A full screen that is drawn again whenever what it shows has changed: at once, or together with what else
 * changes in the next moment. It gives the terminal back however the program ends.
 */
import { PassThrough, Writable } from 'node:stream';
import { render, type Instance } from 'ink';
import type { ReactElement } from 'react';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { InputStream, OutputStream } from '../../commands/environment.ts';
import type { TerminalHost } from '../../terminal-host.ts';
import { SlotsContext } from '../components/lines.tsx';
import { sizeOf, type Size } from '../model/size.ts';
import type { CursorPlace } from '../view/cursor-place.ts';
import { listenToKeyboard, type KeyboardListener } from './keyboard.ts';
import { createPainter } from './painter.ts';
import { createScreenMode } from './screen-mode.ts';

export interface ScreenDevices {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly host: TerminalHost;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface ScreenRequest extends ScreenDevices {
  /** What it shows now. */
  readonly frame: () => ReactElement;
  /** Where the terminal's cursor stands then; undefined: it is hidden. */
  readonly cursor: () => CursorPlace | undefined;
  /** The terminal's title then; undefined: the terminal keeps its own. */
  readonly title: (() => string) | undefined;
  readonly keyboard: KeyboardListener;
  readonly resized: (size: Size) => void;
}

export interface Screen {
  readonly size: Size;
  /** Rejects with the signal's reason, or with what went wrong; resolves by `leave`. */
  readonly left: Promise<void>;
  /** Something else is to be shown. */
  schedule(when: 'soon' | 'now'): void;
  /** Nothing of what was drawn is there any more. */
  clear(): void;
  ring(): void;
  /** As Ctrl-Z does. */
  suspend(): void;
  leave(error?: unknown): void;
  /** Work whose failure ends it all. */
  guarded(work: () => void): void;
  /** Gives the terminal back. */
  close(): void;
}

const drawEveryMs = 40;
/** More than there are panes and lines between them: see Lines. */
const gridColumns = 16;

export function openScreen(request: ScreenRequest): Screen {
  const { stdin, stdout, host, clock, signal } = request;
  const mode = createScreenMode({ stdin, stdout, title: request.title !== undefined });
  const painter = createPainter((text) => void stdout.write(text));
  const size = (): Size => sizeOf(stdout.columns ?? 80, stdout.rows ?? 24);
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
      if (mode.entered) painter.paint(frame, request.cursor());
      done();
    },
  });
  const grid = Object.assign(frames, { columns: gridColumns, rows: 1_000 });
  const whole = (): ReactElement => (
    <SlotsContext.Provider value={painter.slots}>{request.frame()}</SlotsContext.Provider>
  );
  let instance: Instance | undefined;
  const drawFrame = (): void => {
    // ink in debug mode hands on each frame as a whole, at once.
    const streams = {
      stdout: grid as unknown as NodeJS.WriteStream,
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    };
    if (instance === undefined) {
      instance = render(whole(), { ...streams, debug: true, patchConsole: false, exitOnCtrlC: false });
      instance.waitUntilExit().catch((error: unknown) => leave(error));
    } else instance.rerender(whole());
    const wanted = request.title?.();
    if (wanted === undefined || wanted === title) return;
    title = wanted;
    stdout.write(`\u001b]2;${title}\u0007`);
  };
  const draw = (): void => {
    scheduled = 'no';
    if (closed || !mode.entered) return;
    // A slow line gets the latest frame when it takes more, not every frame.
    if (stdout.writableNeedDrain) stdout.once('drain', () => schedule('now'));
    else guarded(drawFrame);
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

  const onResize = (): void => request.resized(size());
  const onAbort = (): void => leave(signal.reason);
  const guard = host.guard(() => mode.leave());
  mode.enter();
  const keyboard = listenToKeyboard(stdin, request.keyboard);
  stdout.on('resize', onResize);
  signal.addEventListener('abort', onAbort, { once: true });

  return {
    get size() {
      return size();
    },
    left,
    schedule,
    clear() {
      painter.reset();
      stdout.write('\u001b[0m\u001b[2J');
    },
    ring: () => void stdout.write('\u0007'),
    suspend() {
      mode.leave();
      title = '';
      void host.suspend().then(() => {
        if (closed) return;
        mode.enter();
        request.resized(size());
      });
    },
    leave,
    guarded,
    close() {
      if (closed) return;
      closed = true;
      stdout.off('resize', onResize);
      signal.removeEventListener('abort', onAbort);
      keyboard[Symbol.dispose]();
      mode.leave();
      instance?.unmount();
      guard[Symbol.dispose]();
    },
  };
}
