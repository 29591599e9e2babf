/**
 * Everything a command may touch of the world outside, given to it by bin/ or by a test. Commands read
 * nothing else: no process.env, no console, no global streams.
 */
import type { Readable, Writable } from 'node:stream';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import type { TerminalHost } from '../terminal-host.ts';

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The way to the process that started this one, when there is one: `up` waits at the other end. */
export interface ParentChannel {
  send(message: object): void;
  onMessage(work: (message: unknown) => void): void;
  /** Called once when the other end is gone. */
  onGone(work: () => void): void;
  close(): void;
}

export interface Environment {
  /** The arguments after the program's name: ["send", "--as", "bob", "hello"]. */
  readonly argv: readonly string[];
  /** What starts this program again: [node, its options, script]; `up` starts the stack's process with it. */
  readonly program: readonly [string, ...string[]];
  readonly parent?: ParentChannel | undefined;
  /** Only where the program is a process of its own. */
  readonly host?: TerminalHost;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts at Ctrl-C or SIGTERM, with a CecochatError `interrupted` as reason: stop, clean up, throw that reason. */
  readonly signal: AbortSignal;
}
