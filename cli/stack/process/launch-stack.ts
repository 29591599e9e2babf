/**
 * Starts the stack's process and waits for its word. It outlives this process once it is ready; when it
 * does not get there, it is stopped, unless it is to be kept.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { CecochatError } from '../../../services/core/errors.ts';
import type { Environment } from '../../commands/environment.ts';
import type { StackFolders } from '../folders.ts';
import { serverProgram } from '../server-program.ts';
import { crashFileName } from '../log-file.ts';
import { endStackProcess } from './end-stack-process.ts';
import { processStartOf } from './process-identity.ts';
import { exitError, logEnds, timeoutError, withLog } from './start-failure.ts';
import type { EnginesUp } from './engine-gate.ts';
import { parseStackMessage, type EngineUp, type StackFailure, type StackMessage } from './stack-message.ts';

export interface LaunchRequest {
  readonly environment: Environment;
  readonly name: string;
  readonly folders: StackFolders;
  readonly portBase: number | undefined;
  readonly timeoutMs: number;
  readonly keep: boolean;
  /** Engines that are only being started: the process opens each one when it is told so. */
  readonly enginesUp?: EnginesUp | undefined;
  readonly onMessage: (message: StackMessage) => void;
  /** Called before it is stopped, since it did not get ready. */
  readonly onStop: () => void;
  /** Called before it is killed, since it did not stop in time. */
  readonly onKill: (pid: number, limitMs: number) => void;
}

/** A slow machine may need most of it to stop what it has just begun to start. */
const stopLimitMs = 15_000;
/** Of a process whose engines go away with it. */
const hastyStopLimitMs = 500;

/** Resolves to its pid when all servers are ready. Error: what failed, with the last log lines in `data.log`. */
export async function launchStack(request: LaunchRequest): Promise<number> {
  const { environment, folders, keep } = request;
  const { clock, signal } = environment;
  const from = await logEnds(folders);
  signal.throwIfAborted();
  const child = spawnStack(request);
  const { pid } = child;
  if (pid === undefined) {
    throw await spawnError(child);
  }
  request.enginesUp?.listen((engine) => {
    const message: EngineUp = { kind: 'engine-up', engine };
    // A process that has ended meanwhile is noticed below.
    if (child.connected) child.send(message, () => undefined);
  });
  const processStart = (await processStartOf(pid)) ?? '';
  try {
    await untilReady(child, request);
  } catch (error) {
    if (!keep || error === signal.reason) {
      const isHasty = request.enginesUp !== undefined;
      const timeoutMs = isHasty ? hastyStopLimitMs : stopLimitMs;
      request.onStop();
      await endStackProcess({
        process: { pid, processStart },
        folders,
        clock,
        timeoutMs,
        serversTimeoutMs: hastyStopLimitMs,
        ...(isHasty ? {} : { onKill: () => request.onKill(pid, timeoutMs) }),
      });
    }
    // Who interrupted it knows why it did not get ready.
    throw error instanceof CecochatError && error.code === 'interrupted'
      ? error
      : await withLog(error, { folders, from });
  } finally {
    if (child.connected) {
      child.disconnect();
    }
    child.unref();
  }
  return pid;
}

function spawnStack({ environment, name, folders, portBase, keep, enginesUp }: LaunchRequest): ChildProcess {
  const [node, ...options] = serverProgram(environment);
  const crashFile = openSync(join(folders.logs, crashFileName), 'w', 0o600);
  try {
    const args = [...options, 'service', 'run', '--all', '--name', name];
    const ports = portBase === undefined ? [] : ['--port-base', String(portBase)];
    const more = [...(keep ? ['--keep'] : []), ...(enginesUp === undefined ? [] : ['--await-engines'])];
    return spawn(node, [...args, ...ports, ...more], {
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
      settle(() => void timeoutError({ name, timeoutMs, folders }).then(reject, reject));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, killedBy) => {
      settle(() => reject(exitError({ name, code, killedBy, failure })));
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
    // It may have come while the process was being started.
    if (signal.aborted) onAbort();
  });
}

function spawnError(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      resolve(new CecochatError('internal', 'the process of the stack could not be started', { cause }));
    });
  });
}
