/**
 * Prints one run of a command: progress and warnings, events, and in the end its result or its error. A
 * reader that went away (EPIPE) ends the run quietly.
 */
import type { CommandResult } from '../commands/command.ts';
import type { Environment, OutputStream } from '../commands/environment.ts';
import { coloursFor, isLively } from './colours.ts';
import type { CommandOutput, StreamEvent } from './command-output.ts';
import { schemaVersion, type Envelope, type EventLine } from './envelope.ts';
import { envelopeError, errorText } from './error-text.ts';
import { exitCodeOf, type ExitCode } from './exit-code.ts';
import { openLiveLines, type LiveLines } from './live-lines.ts';

export interface PrintOutput extends CommandOutput {
  finish(result: CommandResult): Promise<ExitCode>;
  fail(error: unknown): Promise<ExitCode>;
}

export interface PrintOptions {
  readonly environment: Environment;
  /** "config get" */
  readonly command: string;
  readonly json: boolean;
  /** Of the stack that it is about. */
  readonly stackName?: string | undefined;
}

export function createPrintOutput({ environment, command, json, stackName }: PrintOptions): PrintOutput {
  const { stdout, stderr, env, clock } = environment;
  const colours = coloursFor(stdout, env);
  const errorColours = coloursFor(stderr, env);
  const warnings: string[] = [];
  let live: LiveLines | undefined;

  /** On stderr, above the lines that are redrawn. */
  const say = (text: string): void => {
    if (live === undefined) void writeLine(stderr, text);
    else live.print(text);
  };
  const closeLive = (): void => {
    live?.close();
    live = undefined;
  };
  const envelope = (data: object | null, error: unknown): Promise<void> => {
    const value: Envelope = {
      schemaVersion,
      command,
      status: error === undefined ? 'ok' : 'error',
      data,
      warnings,
      error: error === undefined ? null : envelopeError(error, stackName),
    };
    return writeLine(stdout, JSON.stringify(value));
  };

  return {
    json,
    colours,
    progress: (line) => {
      if (!json) say(line);
    },
    warn: (line) => {
      warnings.push(line);
      if (!json) say(`${errorColours.yellow('warning:')} ${line}`);
    },
    event: async ({ event, data, text }: StreamEvent) => {
      if (json) {
        const value: EventLine = { schemaVersion, command, event, data };
        await writeLine(stdout, JSON.stringify(value));
      } else if (text !== undefined) {
        closeLive();
        await writeLine(stdout, text);
      }
    },
    live: (frame) => {
      if (json || !isLively(stderr, env)) return undefined;
      closeLive();
      live = openLiveLines({ stream: stderr, clock, frame: (size) => frame({ ...size, colours: errorColours }) });
      return { close: closeLive };
    },
    finish: async ({ data, text, failure }) => {
      closeLive();
      if (json) {
        await envelope(data, failure);
      } else {
        if (text !== undefined && text !== '') {
          await writeLine(stdout, text);
        }
        if (failure !== undefined) {
          await writeLine(stderr, errorText(failure, errorColours, stackName));
        }
      }
      return failure === undefined ? 0 : exitCodeOf(failure);
    },
    fail: async (error) => {
      closeLive();
      await (json ? envelope(null, error) : writeLine(stderr, errorText(error, errorColours, stackName)));
      return exitCodeOf(error);
    },
  };
}

/** Resolves when the stream takes more; a closed stream swallows the line. */
export function writeLine(stream: OutputStream, line: string): Promise<void> {
  if (stream.destroyed || !stream.writable) {
    return Promise.resolve();
  }
  if (stream.write(`${line}\n`)) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of ['drain', 'close', 'error']) {
        stream.off(name, done);
      }
      resolve();
    };
    for (const name of ['drain', 'close', 'error']) {
      stream.on(name, done);
    }
  });
}
