/**
 * Starts the stack's process and waits for its word. It outlives this process once it is ready; when it
 * does not get there, it is stopped, unless it is to be kept.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../../services/core/errors.ts';
import type { Environment } from '../../commands/environment.ts';
import { logFileName } from '../log-file.ts';
import type { StackFolders } from '../folders.ts';
import { processStartOf } from './process-identity.ts';
import { parseStackMessage, type StackFailure, type StackMessage } from './stack-message.ts';
import { stopProcess } from './stop-process.ts';

export interface LaunchRequest {
  readonly environment: Environment;
  readonly name: string;
  readonly folders: StackFolders;
  readonly portBase: number | undefined;
  readonly timeoutMs: number;
  readonly keep: boolean;
  readonly onMessage: (message: StackMessage) => void;
}

/** What the process says outside its log: crashes. */
export const crashFileName = 'crash.log';
const stopLimitMs = 5000;

/** Resolves to its pid when all servers are ready. Error: what failed, with the last log lines in `data.log`. */
export async function launchStack(request: LaunchRequest): Promise<number> {
  const { environment, keep } = request;
  const { clock, signal } = environment;
  signal.throwIfAborted();
  const child = spawnStack(request);
  const { pid } = child;
  if (pid === undefined) {
    throw await spawnError(child);
  }
  const processStart = (await processStartOf(pid)) ?? '';
  try {
    await untilReady(child, request);
  } catch (error) {
    if (!keep || error === signal.reason) {
      await stopProcess({ process: { pid, processStart }, clock, timeoutMs: stopLimitMs });
    }
    throw error;
  } finally {
    if (child.connected) {
      child.disconnect();
    }
    child.unref();
  }
  return pid;
}

function spawnStack({ environment, name, folders, portBase, keep }: LaunchRequest): ChildProcess {
  const [node, ...options] = environment.program;
  const crashFile = openSync(join(folders.logs, crashFileName), 'w', 0o600);
  try {
    const args = [...options, 'service', 'run', '--all', '--name', name];
    const ports = portBase === undefined ? [] : ['--port-base', String(portBase)];
    return spawn(node, [...args, ...ports, ...(keep ? ['--keep'] : [])], {
      // In a session of its own: Ctrl-C in the terminal reaches `up` only, which then stops it in order.
      detached: true,
      stdio: ['ignore', crashFile, crashFile, 'ipc'],
      cwd: environment.cwd,
      env: { ...environment.env },
    });
  } finally {
    closeSync(crashFile);
  }
}

function untilReady(
  child: ChildProcess,
  { environment, name, folders, timeoutMs, onMessage }: LaunchRequest,
): Promise<void> {
  const { clock, signal } = environment;
  return new Promise((resolve, reject) => {
    let failure: StackFailure | undefined;
    const settle = (act: () => void): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
      act();
    };
    const onAbort = (): void => settle(() => reject(signal.reason));
    const timer = clock.after(timeoutMs, () => {
      const error = new CecochatError('timed.out', `stack "${name}" was not ready after ${timeoutMs} ms`, {
        hint: 'give it longer with --timeout, or look at it with --keep and "cecochat status"',
      });
      settle(() => void withLog(error, folders).then(reject, reject));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, killedBy) => {
      settle(() => void withLog(exitError({ name, code, killedBy, failure }), folders).then(reject, reject));
    });
    child.on('message', (value) => {
      const message = parseStackMessage(value);
      if (message?.kind === 'failed') {
        // Its exit follows, and with it the rest of its log.
        failure = message.error;
      } else if (message !== undefined) {
        onMessage(message);
        if (message.kind === 'ready') {
          settle(resolve);
        }
      }
    });
  });
}

interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly failure: StackFailure | undefined;
}

function exitError({ name, code, killedBy, failure }: Exit): CecochatError {
  if (failure !== undefined) {
    const cause = chain(failure.causes);
    const hint = failure.hint === null ? {} : { hint: failure.hint };
    return new CecochatError(failure.code, failure.message, cause === undefined ? hint : { ...hint, cause });
  }
  const how = killedBy === null ? `with code ${code}` : `by ${killedBy}`;
  return new CecochatError('internal', `the process of stack "${name}" ended ${how} before it was ready`);
}

function chain(messages: readonly string[]): Error | undefined {
  return messages.reduceRight<Error | undefined>(
    (cause, message) => new Error(message, cause === undefined ? undefined : { cause }),
    undefined,
  );
}

function spawnError(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      resolve(new CecochatError('internal', 'the process of the stack could not be started', { cause }));
    });
  });
}

async function withLog(error: CecochatError, folders: StackFolders): Promise<CecochatError> {
  const texts = await Promise.all(
    [logFileName, crashFileName].map((name) => readFile(join(folders.logs, name), 'utf8').catch(() => '')),
  );
  const tails = texts.map((text) => text.trimEnd().split('\n').slice(-12).join('\n'));
  const log = tails.filter((tail) => tail !== '').join('\n');
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new CecochatError(error.code, error.message, { ...hint, cause: error.cause, data: { ...error.data, log } });
}
