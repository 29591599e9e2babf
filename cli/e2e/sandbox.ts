/**
 * An empty home for the built program: nothing of the machine's own settings gets in, and everything that it
 * leaves behind is found. Disposing it ends what still runs and deletes the folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../services/core/time/clock.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { processesWith } from './processes.ts';

export const projectFolder = join(import.meta.dirname, '..', '..');
export const programFile = join(projectFolder, 'dist', 'bin', 'cecochat.js');

export interface Ran {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export interface RunOptions {
  /** Given on standard input, which is empty otherwise. */
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that goes on; what it prints so far can be waited for. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** As Ctrl-C in a terminal: to the program and all that it started in its group. */
  interrupt(): void;
  /** Resolves when stdout holds `text`. */
  printed(text: string, timeoutMs?: number): Promise<void>;
}

export interface Sandbox extends AsyncDisposable {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  start(command: readonly string[], options?: RunOptions): Running;
  /** `cecochat …args` to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same with `--json`; the last line's envelope. */
  json(args: readonly string[], options?: RunOptions): Promise<Envelope>;
  /**
   * Texts of one chat, newest first, by `cecochat history …args`. History follows an acknowledgement by a moment,
   * so it is asked until it holds `count` messages, or for `historyPatienceMs`.
   */
  texts(args: readonly string[], count: number): Promise<string[]>;
  /** Processes and temporary files that are there now, in words. */
  leftovers(): Promise<string[]>;
}

/** What a loaded machine may need from an acknowledgement to the row in history. */
const historyPatienceMs = 20_000;

export async function openSandbox(): Promise<Sandbox> {
  await access(programFile).catch(() => {
    throw new Error(`${programFile} is missing: npm run build`);
  });
  const home = await mkdtemp(join(tmpdir(), 'cecochat-e2e-'));
  const temporary = join(home, 'tmp');
  await mkdir(temporary);
  const env = {
    HOME: home,
    TMPDIR: temporary,
    PATH: process.env['PATH'] ?? '',
    CI: 'true',
    // A Docker engine of this machine is used only by tests that name it.
    DOCKER_HOST: `unix://${home}/no-docker.sock`,
    npm_config_update_notifier: 'false',
  };
  const mark = `HOME=${home}`;

  const start = (command: readonly string[], options: RunOptions = {}): Running =>
    follow(command, {
      env: { ...env, ...options.env },
      input: options.input ?? '',
      timeoutMs: options.timeoutMs ?? 60_000,
    });
  const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
    start([process.execPath, programFile, ...args], options).ended;

  const json = async (args: readonly string[], options?: RunOptions): Promise<Envelope> =>
    parseEnvelope(await run([...args, '--json'], options));
  const texts = (args: readonly string[]): Promise<string[]> =>
    json(['history', ...args]).then(({ data, errorMessage }) => {
      if (errorMessage !== undefined) throw new Error(errorMessage);
      const messages = data.at('messages').list();
      return messages.map((message) => message.at('text').text());
    });

  return {
    home,
    env,
    start,
    run,
    json,
    texts: (args, count) => untilMany(() => texts(args), count),
    leftovers: async () => [
      ...(await processesWith(mark)).map(({ pid, command }) => `process ${pid}: ${command}`),
      ...(await readdir(temporary)).map((name) => `temporary file ${name}`),
    ],
    [Symbol.asyncDispose]: async () => {
      for (const { pid } of await processesWith(mark)) kill(pid);
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Asks until the answer has `count` entries; after `historyPatienceMs` it is the last answer, whatever it has. */
export async function untilMany<T>(ask: () => Promise<T[]>, count: number): Promise<T[]> {
  const lateMs = systemClock.monotonicMs() + historyPatienceMs;
  for (;;) {
    const answer = await ask();
    if (answer.length >= count || systemClock.monotonicMs() > lateMs) return answer;
    await systemClock.sleep(50);
  }
}

/** `kill -9`, or another signal; a process that is gone already is fine. Below 0: a group, as for the system. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function follow(
  command: readonly string[],
  options: { env: Record<string, string>; input: string; timeoutMs: number },
): Running {
  const [file = '', ...args] = command;
  const startedMs = systemClock.monotonicMs();
  const child = spawn(file, args, { cwd: projectFolder, env: options.env, stdio: 'pipe', detached: true });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const said = (): void => watchers.forEach((watch) => watch());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    said();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    said();
  });
  // A program that does not read its input closes it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  const deadline = systemClock.after(options.timeoutMs, () => child.kill('SIGKILL'));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      deadline.cancel();
      resolve({ exitCode, signal, stdout, stderr, tookMs: systemClock.monotonicMs() - startedMs });
      said();
    });
  });
  const printed = (text: string, timeoutMs = 20_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        watchers.delete(watch);
        late.cancel();
        end();
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`"${text}" was not printed (${why}): ${stdout}\n${stderr}`)));
      const watch = (): void => {
        if (stdout.includes(text)) settle(resolve);
        else if (child.exitCode !== null) fail(`it ended with ${child.exitCode}`);
      };
      const late = systemClock.after(timeoutMs, () => fail(`within ${timeoutMs} ms`));
      watchers.add(watch);
      watch();
    });
  const interrupt = (): void => {
    if (child.pid !== undefined) kill(-child.pid, 'SIGINT');
  };
  return { child, ended, interrupt, printed };
}
