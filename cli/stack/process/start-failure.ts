/**
 * Why a stack did not start: what its process said, how it ended, what was not ready, and its last log lines.
 */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../../services/core/errors.ts';
import type { StackFolders } from '../folders.ts';
import { checkServers } from '../health.ts';
import { parseLogLine } from '../../output/log-line.ts';
import { crashFileName } from '../log-file.ts';
import { logFiles } from '../log-reader.ts';
import { readState } from '../state.ts';
import type { StackFailure } from './stack-message.ts';

export interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  /** What it said before. */
  readonly failure: StackFailure | undefined;
}

export function exitError({ name, code, killedBy, failure }: Exit): CecochatError {
  if (failure !== undefined) {
    const cause = chain(failure.causes);
    const hint = failure.hint === null ? {} : { hint: failure.hint };
    return new CecochatError(failure.code, failure.message, cause === undefined ? hint : { ...hint, cause });
  }
  const how = killedBy === null ? `with code ${code}` : `by ${killedBy}`;
  return new CecochatError('internal', `the process of stack "${name}" ended ${how} before it was ready`);
}

export async function timeoutError(given: {
  readonly name: string;
  readonly timeoutMs: number;
  readonly folders: StackFolders;
}): Promise<CecochatError> {
  const { name, timeoutMs, folders } = given;
  const waiting = await unready(folders);
  const text = `stack "${name}" was not ready after ${timeoutMs} ms`;
  return new CecochatError('timed.out', text, {
    hint: 'give it longer with --timeout, or look at it with --keep and "cecochat status"',
    cause: new Error(waiting),
    data: { waitingFor: waiting },
  });
}

async function unready(folders: StackFolders): Promise<string> {
  const state = await readState(folders).catch(() => undefined);
  if (state === undefined || state.servers.length === 0) {
    return 'its servers do not listen yet';
  }
  const health = await checkServers(state.servers, new AbortController().signal);
  const sick = health.filter(({ state: now }) => now !== 'ready');
  return sick.length === 0
    ? 'its servers have become ready since'
    : sick.map(({ server, reasons }) => `${server.serverId}: ${reasons.join(', ')}`).join('; ');
}

/** Where each log ends, so that lines of earlier runs are not shown. */
export type LogEnds = ReadonlyMap<string, number>;

export async function logEnds({ logs }: StackFolders): Promise<LogEnds> {
  const files = await logFiles(logs);
  const sizes = files.map(
    async (file) => [file, (await stat(join(logs, file)).catch(() => undefined))?.size ?? 0] as const,
  );
  return new Map(await Promise.all(sizes));
}

const tailBytes = 16 * 1024;
const tailLines = 12;

/** The same error, with the last lines logged since `from` and what was said outside the log in `data.log`. */
export async function withLog(
  error: unknown,
  { folders, from }: { folders: StackFolders; from: LogEnds },
): Promise<unknown> {
  if (!(error instanceof CecochatError)) {
    return error;
  }
  const log = await lastLogged(folders, from);
  const crash = await readTail(join(folders.logs, crashFileName), 0);
  const lines = [log, crash].filter((text) => text !== '').join('\n');
  const { code, message, hint, cause, data } = error;
  return new CecochatError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
    data: lines === '' ? data : { ...data, log: lines },
  });
}

/** Of all logs together, by time. */
async function lastLogged({ logs }: StackFolders, from: LogEnds): Promise<string> {
  const tails = (await logFiles(logs)).map((file) => readTail(join(logs, file), from.get(file) ?? 0));
  const lines = (await Promise.all(tails)).flatMap((text) => text.split('\n').filter((line) => line !== ''));
  const timed = lines.map((line) => ({ line, time: parseLogLine(line).time }));
  const sorted = timed.toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  return sorted
    .slice(-tailLines)
    .map(({ line }) => line)
    .join('\n');
}

async function readTail(path: string, fromByte: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) {
    return '';
  }
  try {
    const { size } = await file.stat();
    // A log that was rotated meanwhile is shorter than it was.
    const start = Math.max(fromByte > size ? 0 : fromByte, size - tailBytes);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, start);
    return buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
  } finally {
    await file.close();
  }
}

function chain(messages: readonly string[]): Error | undefined {
  return messages.reduceRight<Error | undefined>(
    (cause, message) => new Error(message, cause === undefined ? undefined : { cause }),
    undefined,
  );
}
