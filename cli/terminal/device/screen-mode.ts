/**
 * Takes the terminal over and gives it back: alternate screen, raw keys, bracketed paste. Giving back twice
 * does nothing.
 */
import type { InputStream, OutputStream } from '../../commands/environment.ts';

export interface ScreenMode {
  /** False: the screen is not this program's. */
  readonly entered: boolean;
  enter(): void;
  leave(): void;
}

// Alternate screen, bracketed paste, the wheel as arrow keys, no wrapping at the right edge.
const entering = '\u001b[?1049h\u001b[?2004h\u001b[?1007h\u001b[?7l\u001b[2J\u001b[H';
const leaving = '\u001b[0m\u001b[?2026l\u001b[?7h\u001b[?1007l\u001b[?2004l\u001b[?25h\u001b[?1049l';

export function createScreenMode(stdin: InputStream, stdout: OutputStream): ScreenMode {
  let entered = false;
  return {
    get entered() {
      return entered;
    },
    enter() {
      if (entered) return;
      entered = true;
      stdin.setRawMode?.(true);
      stdout.write(entering);
    },
    leave() {
      if (!entered) return;
      entered = false;
      stdout.write(leaving);
      stdin.setRawMode?.(false);
    },
  };
}
