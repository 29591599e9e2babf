/**
 * Runs the program inside the test's own process, with streams, environment and folders of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import type { CommandEntry } from '../commands/command.ts';
import type { Environment } from '../commands/environment.ts';
import { main } from '../main.ts';
import type { ExitCode } from '../output/exit-code.ts';

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly entries?: readonly CommandEntry[];
  /** Lets stdout and stderr say that they are terminals. */
  readonly tty?: boolean;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
}

export interface Workbench extends AsyncDisposable {
  /** CECOCHAT_HOME of what runs here. */
  readonly home: string;
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  environment(options?: RunOptions): Environment;
}

const standIn = fileURLToPath(new URL('./stand-in-stack.ts', import.meta.url));

/** `up` starts its process with the stand-in of stand-in-stack.ts, which hosts servers that only say that they are ready. */
export async function openWorkbench(): Promise<Workbench> {
  const home = await mkdtemp(join(tmpdir(), 'cecochat-test-'));
  const environment = (options: RunOptions = {}): Environment => {
    const stdout = Object.assign(new PassThrough(), { isTTY: options.tty === true });
    const stderr = Object.assign(new PassThrough(), { isTTY: options.tty === true });
    return {
      argv: [],
      program: [process.execPath, '--import', 'tsx', standIn],
      // A Docker engine of this machine is none of the tests' business.
      env: {
        PATH: process.env['PATH'],
        CECOCHAT_HOME: home,
        DOCKER_HOST: `unix://${home}/no-docker.sock`,
        ...options.env,
      },
      stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
      stdout,
      stderr,
      cwd: join(import.meta.dirname, '..', '..'),
      clock: systemClock,
      random: systemRandom,
      signal: options.signal ?? new AbortController().signal,
    };
  };
  return {
    home,
    environment,
    run: async (argv, options = {}) => {
      const used = environment(options);
      const [stdout, stderr] = [collect(used.stdout, options.onStdout), collect(used.stderr, options.onStderr)];
      const code = await main({ ...used, argv }, options.entries);
      return { code, stdout: stdout(), stderr: stderr() };
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

function collect(stream: NodeJS.EventEmitter, onText?: (text: string) => void): () => string {
  const parts: string[] = [];
  stream.on('data', (part: Buffer) => {
    parts.push(part.toString('utf8'));
    onText?.(part.toString('utf8'));
  });
  return () => parts.join('');
}
