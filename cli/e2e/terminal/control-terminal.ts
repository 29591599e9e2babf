/**
 * A pseudo-terminal whose output is heard as it comes, for measuring: tmux in control mode, which reports every
 * piece of output of the pane. Only ASCII is compared.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../services/core/time/clock.ts';
import { projectFolder, type Sandbox } from '../sandbox.ts';
import { startTmuxServer } from './tmux-server.ts';

export interface ControlTerminal extends AsyncDisposable {
  /** Starts the command in the pane; resolves with the milliseconds until it printed the text. */
  start(command: readonly string[], text: string): Promise<number>;
  /** Types ASCII letters; resolves with the milliseconds until the pane printed `echo`. */
  type(letters: string, echo: string): Promise<number>;
  /** By tmux's name of the key. */
  press(key: string): void;
  printed(text: string, within?: number): Promise<void>;
  /** Process id of the command. */
  pid(): Promise<number>;
}

export async function openControlTerminal(
  sandbox: Sandbox,
  size: { readonly columns: number; readonly rows: number },
): Promise<ControlTerminal> {
  const { tmux, base, options, end } = await startTmuxServer(sandbox.env, size);
  const control = spawn('tmux', [...base, '-C', 'attach'], { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
  control.stdin.write(`refresh-client -C ${size.columns},${size.rows}\n`);
  let waiting: { text: string; done: () => void } | undefined;
  let tail = '';
  createInterface({ input: control.stdout }).on('line', (line) => {
    if (!line.startsWith('%output ')) return;
    tail = (tail + line.slice(line.indexOf(' ', 8) + 1)).slice(-64 * 1024);
    if (waiting === undefined || !tail.includes(waiting.text)) return;
    tail = '';
    const { done } = waiting;
    waiting = undefined;
    done();
  });
  const heard = (text: string, within = 30_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const late = systemClock.after(within, () =>
        reject(new Error(`"${text}" was not printed: ${tail.slice(-2_000)}`)),
      );
      waiting = {
        text,
        done() {
          late.cancel();
          resolve();
        },
      };
    });
  const timed = async (text: string, work: () => unknown): Promise<number> => {
    tail = '';
    const startMs = systemClock.monotonicMs();
    const printed = heard(text);
    await work();
    await printed;
    return systemClock.monotonicMs() - startMs;
  };
  return {
    start: (command, text) =>
      timed(text, () => tmux('respawn-pane', '-k', '-c', projectFolder, `exec ${command.join(' ')}`)),
    type: (letters, echo) => timed(echo, () => control.stdin.write(`send-keys -l ${letters}\n`)),
    press: (key) => void control.stdin.write(`send-keys ${key}\n`),
    printed: heard,
    pid: async () => Number(await tmux('display-message', '-p', '#{pane_pid}')),
    async [Symbol.asyncDispose]() {
      await end();
      control.kill();
    },
  };
}
