/**
 * Takes the terminal over and gives it back: alternate screen, raw keys, bracketed paste, reports of focus,
 * and its title where that is wanted. Giving back twice does nothing.
 */
import type { InputStream, OutputStream } from '../../commands/environment.ts';

export interface ScreenMode {
  /** False: the screen is not this program's. */
  readonly entered: boolean;
  enter(): void;
  leave(): void;
}

// Alternate screen, bracketed paste, focus reports, the wheel as arrow keys, no wrapping at the right edge.
const entering = '\u001b[?1049h\u001b[?2004h\u001b[?1004h\u001b[?1007h\u001b[?7l\u001b[2J\u001b[H';
const leaving = '\u001b[0m\u001b[?2026l\u001b[?7h\u001b[?1007l\u001b[?1004l\u001b[?2004l\u001b[?25h\u001b[?1049l';
// The terminal remembers its title, and takes it back.
const title = { keep: '\u001b[22;2t', back: '\u001b[23;2t' };

export interface ScreenModeRequest {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  /** The title is changed meanwhile. */
  readonly title: boolean;
}

export function createScreenMode({ stdin, stdout, ...request }: ScreenModeRequest): ScreenMode {
  let entered = false;
  return {
    get entered() {
      return entered;
    },
    enter() {
      if (entered) return;
      entered = true;
      stdin.setRawMode?.(true);
      stdout.write((request.title ? title.keep : '') + entering);
    },
    leave() {
      if (!entered) return;
      entered = false;
      stdout.write(leaving + (request.title ? title.back : ''));
      stdin.setRawMode?.(false);
    },
  };
}
