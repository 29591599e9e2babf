/**
 * Reads the logs of a stack: their last lines, and what is added after them, across rotation.
 */
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../services/core/time/clock.ts';
import { crashFileName, logFileName, logRotation } from './log-file.ts';

export interface LogQuery {
  readonly folder: string;
  /** Of the file; default: that of the stack. */
  readonly file?: string;
  /** How many of the last lines that `accept` takes. */
  readonly tail: number;
  readonly accept: (line: string) => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const pollMs = 100;

/** The stack's own log first, then those of servers with a process of their own. */
export async function logFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return [
    logFileName,
    ...names.filter((name) => name.endsWith('.log') && name !== logFileName && name !== crashFileName),
  ];
}

export interface OpenedLog {
  readonly history: readonly string[];
  /** What is added after the history, until the signal aborts. */
  readonly added: () => AsyncGenerator<string, void>;
}

export async function openLog(query: LogQuery): Promise<OpenedLog> {
  const { folder, file = logFileName, accept } = query;
  const path = join(folder, file);
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  return {
    history: await lastLines(query, size),
    async *added() {
      for await (const line of addedLines(query, size)) {
        if (accept(line)) {
          yield line;
        }
      }
    },
  };
}

/** From the newest file back until there are enough. Lines of the current file beyond `size` come later. */
async function lastLines({ folder, file = logFileName, tail, accept }: LogQuery, size: number): Promise<string[]> {
  let found: string[] = [];
  for (let age = 0; age <= logRotation.keep && found.length < tail; age += 1) {
    const path = join(folder, age === 0 ? file : `${file}.${age}`);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) {
      break;
    }
    const lines = splitLines((age === 0 ? bytes.subarray(0, size) : bytes).toString('utf8'));
    found = [...lines.filter(accept), ...found];
  }
  return tail === 0 ? [] : found.slice(-tail);
}

async function* addedLines(
  { folder, file: name = logFileName, clock, signal }: LogQuery,
  from: number,
): AsyncGenerator<string, void> {
  const path = join(folder, name);
  let file: FileHandle | undefined;
  let offset = from;
  let rest = '';
  const decoder = new TextDecoder();
  try {
    while (!signal.aborted) {
      file ??= await open(path).catch(() => undefined);
      const bytes = file === undefined ? new Uint8Array() : await readFrom(file, offset);
      offset += bytes.length;
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
      if (bytes.length > 0) {
        continue;
      }
      if (file !== undefined && (await wasReplaced(file, path))) {
        await file.close();
        file = undefined;
        offset = 0;
        continue;
      }
      await clock.sleep(pollMs, signal).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
}

const chunkBytes = 256 * 1024;

async function readFrom(file: FileHandle, offset: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, offset);
  return buffer.subarray(0, bytesRead);
}

/** Renamed by rotation, or removed. */
async function wasReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [own, current] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return current !== undefined && current.ino !== own.ino;
}

function splitLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
