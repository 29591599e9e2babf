/**
 * Keeps what is typed while a full-screen program starts: nothing is echoed, and who listens to the keyboard
 * next gets all of it. Ctrl-C and Ctrl-Z do meanwhile what they do in a shell.
 */
import type { InputStream, OutputStream } from '../../commands/environment.ts';
import type { TerminalHost } from '../../terminal-host.ts';

/** Disposing of it gives the terminal back, unless it was handed over. */
export interface EarlyKeys extends Disposable {
  /** The stream gives everything that was typed to who reads it next; keys stay raw. */
  handOver(): void;
}

export interface EarlyKeysRequest {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly host: TerminalHost;
}

// A paste comes in brackets, so that its line breaks are no Enter.
const bracketed = { on: '\u001b[?2004h', off: '\u001b[?2004l' };
const interrupt = 0x03;
const suspend = 0x1a;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

export function holdKeys({ stdin, stdout, host }: EarlyKeysRequest): EarlyKeys {
  const typed: Buffer[] = [];
  let holding = true;
  const hold = (on: boolean): void => {
    stdin.setRawMode?.(on);
    stdout.write(on ? bracketed.on : bracketed.off);
  };
  const onData = (chunk: Buffer | string): void => {
    const bytes = Buffer.from(chunk);
    // What came before keys were raw has its Enter as the terminal gives it to programs that read lines.
    if (typed.length === 0) for (const [at, byte] of bytes.entries()) if (byte === lineFeed) bytes[at] = carriageReturn;
    typed.push(bytes);
    if (bytes.includes(interrupt)) host.interrupt();
    else if (bytes.includes(suspend)) pause();
  };
  const pause = (): void => {
    hold(false);
    void host.suspend().then(() => {
      if (holding) hold(true);
    });
  };
  const stop = (): void => {
    holding = false;
    stdin.off('data', onData);
    stdin.pause();
    guard[Symbol.dispose]();
  };
  const guard = host.guard(() => {
    if (holding) hold(false);
  });
  hold(true);
  stdin.on('data', onData);
  return {
    handOver() {
      if (!holding) return;
      stop();
      const bytes = Buffer.concat(typed).filter((byte) => byte !== suspend);
      if (bytes.length > 0) stdin.unshift(bytes);
    },
    [Symbol.dispose]() {
      if (!holding) return;
      stop();
      hold(false);
    },
  };
}
