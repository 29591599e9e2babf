/**
 * A real pseudo-terminal of its own for a command: keys go in, the screen is read. It is a pane of a tmux server
 * that nobody else uses; disposing it ends both.
 */
import { systemClock } from '../../../services/core/time/clock.ts';
import { programFile, projectFolder, type Sandbox } from '../sandbox.ts';
import { startTmuxServer } from './tmux-server.ts';

const pollMs = 25;
const patienceMs = 15_000;

export interface TmuxTerminal extends AsyncDisposable {
  /** tmux's names of keys: "Enter", "PageUp", "C-c", "M-Enter". */
  press(...keys: readonly string[]): Promise<void>;
  /** Typed as it is. */
  type(text: string): Promise<void>;
  /** As a terminal pastes: in brackets, when the program asked for them. */
  paste(text: string): Promise<void>;
  /** What a terminal itself says to the program, like a report of focus. */
  says(sequence: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** What the screen shows, row by row, without trailing spaces. */
  rows(): Promise<string[]>;
  /** Resolves with the rows as soon as they are as wanted: text that they hold, or a check of them. */
  shows(wanted: string | RegExp | ((rows: readonly string[]) => boolean), within?: number): Promise<string[]>;
  /** A format of tmux about the pane: "#{cursor_x}", "#{alternate_on}", "#{pane_dead}"; "#{@bells}": an "x" for each. */
  ask(format: string): Promise<string>;
  /** Resolves as soon as the answer to that format is as wanted. */
  becomes(format: string, wanted: string, within?: number): Promise<void>;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal in which `cecochat …args` runs. */
export function openChatTerminal(
  sandbox: Sandbox,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<TmuxTerminal> {
  return openTmuxTerminal(sandbox, [process.execPath, programFile, ...args], options);
}

export async function openTmuxTerminal(
  sandbox: Sandbox,
  command: readonly string[],
  options: TerminalOptions = {},
): Promise<TmuxTerminal> {
  const { columns = 100, rows = 30 } = options;
  const { tmux, end } = await startTmuxServer({ ...sandbox.env, ...options.env }, { columns, rows });
  await tmux('respawn-pane', '-k', '-c', projectFolder, `exec ${command.map(quoted).join(' ')}`);

  const read = async (): Promise<string[]> =>
    (await tmux('capture-pane', '-p'))
      .replace(/\n$/, '')
      .split('\n')
      .map((row) => row.trimEnd());
  const ask = async (format: string): Promise<string> => (await tmux('display-message', '-p', format)).trim();
  return {
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-l', '--', text)),
    async paste(text) {
      await tmux('set-buffer', '-b', 'paste', '--', text);
      await tmux('paste-buffer', '-p', '-r', '-d', '-b', 'paste');
    },
    says: async (sequence) =>
      void (await tmux('send-keys', '-H', ...Array.from(Buffer.from(sequence), (byte) => byte.toString(16)))),
    resize: async (width, height) => void (await tmux('resize-window', '-x', String(width), '-y', String(height))),
    rows: read,
    shows: (wanted, within = patienceMs) =>
      untilGood({
        read,
        good: checkOf(wanted),
        within,
        fault: (rows) => `the screen did not show ${String(wanted)}:\n${rows.join('\n')}`,
      }),
    ask,
    async becomes(format, wanted, within = patienceMs) {
      const fault = (said: string): string => `${format} is ${said}, not ${wanted}`;
      await untilGood({ read: () => ask(format), good: (said) => said === wanted, within, fault });
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

/** Reads again until what it reads is good, for so many milliseconds. */
async function untilGood<T>(wait: {
  read: () => Promise<T>;
  good: (found: T) => boolean;
  within: number;
  fault: (found: T) => string;
}): Promise<T> {
  const endMs = systemClock.monotonicMs() + wait.within;
  for (;;) {
    const found = await wait.read();
    if (wait.good(found)) return found;
    if (systemClock.monotonicMs() > endMs) throw new Error(`after ${wait.within} ms: ${wait.fault(found)}`);
    await systemClock.sleep(pollMs);
  }
}

function checkOf(
  wanted: string | RegExp | ((rows: readonly string[]) => boolean),
): (rows: readonly string[]) => boolean {
  if (typeof wanted === 'function') return wanted;
  return (rows) => (typeof wanted === 'string' ? rows.join('\n').includes(wanted) : wanted.test(rows.join('\n')));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
