/**
 * The stack's log: lines are appended in the background; a file that reached its size is renamed to .1, .2
 * ... and the oldest is removed. What is waiting when the process ends is written then.
 */
import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../services/core/make-folder.ts';

export interface LogFile extends AsyncDisposable {
  /** Takes whole lines with their line feed. */
  write(text: string): void;
  /** Writes what waits, at once: for the end of the process. */
  flushSync(): void;
}

export interface LogFileOptions {
  readonly folder: string;
  /** Of the file, without ".log"; default: that of the stack. */
  readonly name?: string;
  readonly maxBytes: number;
  /** How many full files are kept beside the current one. */
  readonly keep: number;
}

export const logFileName = 'stack.log';
/** What the stack's process says outside its log: crashes. */
export const crashFileName = 'crash.log';
/** Of each server that has a process of its own. */
export const serverLogRotation = { maxBytes: 8 * 1024 ** 2, keep: 2 } as const;
export const logRotation = { maxBytes: 16 * 1024 ** 2, keep: 3 } as const;

export function openLogFile({ folder, name, maxBytes, keep }: LogFileOptions): LogFile {
  const path = join(folder, name === undefined ? logFileName : `${name}.log`);
  makeFolder(folder);
  let sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let waiting: string[] = [];
  let running: Promise<void> | undefined;

  const take = (): string => {
    const text = waiting.join('');
    waiting = [];
    if (sizeBytes > 0 && sizeBytes + Buffer.byteLength(text) > maxBytes) {
      rotate(path, keep);
      sizeBytes = 0;
    }
    sizeBytes += Buffer.byteLength(text);
    return text;
  };

  // A log that cannot be written must not stop the chat: the lines are lost, the next write tries again.
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      await appendFile(path, take(), { mode: 0o600 }).catch(() => undefined);
    }
    running = undefined;
  };

  return {
    write: (text) => {
      waiting.push(text);
      running ??= Promise.resolve().then(drain);
    },
    flushSync: () => {
      if (waiting.length > 0) {
        appendFileSync(path, take(), { mode: 0o600 });
      }
    },
    [Symbol.asyncDispose]: async () => {
      while (running !== undefined) {
        await running;
      }
    },
  };
}

function rotate(path: string, keep: number): void {
  rmSync(`${path}.${keep}`, { force: true });
  for (let age = keep - 1; age >= 0; age -= 1) {
    const from = age === 0 ? path : `${path}.${age}`;
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) {
      renameSync(from, `${path}.${age + 1}`);
    }
  }
}
