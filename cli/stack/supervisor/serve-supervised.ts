/**
 * One server under a supervisor: it is told its settings, says when it is ready, and ends with the supervisor, however
 * that ends.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { RunningServer } from '../../../services/run.ts';
import type { Environment, ParentChannel } from '../../commands/environment.ts';
import { causesOf, envelopeError } from '../../output/error-text.ts';
import type { LogLevel } from '../../output/log-line.ts';
import { aborted } from '../aborted.ts';
import { openLogFile, serverLogRotation } from '../log-file.ts';
import { openEngineGate, type EngineGate } from '../process/engine-gate.ts';
import type { StackMessage } from '../process/stack-message.ts';
import type { ServerName } from '../server-names.ts';
import type { StartOneRequest } from '../servers/start-one.ts';
import { parseBegin, type Begin } from './begin-message.ts';

export interface SupervisedOptions {
  readonly environment: Environment;
  readonly server: ServerName;
  readonly flags: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly start: (environment: Environment, request: StartOneRequest) => Promise<RunningServer>;
}

const readyPollMs = 10;
/** Whoever is alone and cannot stop in order is ended. */
const aloneMs = 10_000;

/** Resolves after a graceful stop. */
export async function serveSupervised(options: SupervisedOptions): Promise<RunningServer> {
  const { environment } = options;
  const { parent, clock } = environment;
  if (parent === undefined) {
    throw new CecochatError('usage.invalid', 'option --supervised is for the supervisor of a stack', {
      hint: 'cecochat service run --help',
    });
  }
  const gone = new AbortController();
  let overdue = { cancel: (): void => undefined };
  let isOver = false;
  parent.onGone(() => {
    if (isOver) return;
    gone.abort(new CecochatError('interrupted', 'the supervisor of the stack ended'));
    overdue = clock.after(aloneMs, () => process.kill(process.pid, 'SIGKILL'));
  });
  const tell = (message: StackMessage): void => parent.send(message);
  try {
    const signal = AbortSignal.any([environment.signal, gone.signal]);
    return await serve({ ...options, environment: { ...environment, signal } }, { parent, tell });
  } catch (error) {
    const { code, message, hint } = envelopeError(error);
    tell({ kind: 'failed', error: { code, message, hint, causes: error instanceof Error ? causesOf(error) : [] } });
    throw error;
  } finally {
    isOver = true;
    overdue.cancel();
    parent.close();
  }
}

async function serve(
  { environment, server, flags, logLevel, start }: SupervisedOptions,
  { parent, tell }: { readonly parent: ParentChannel; readonly tell: (message: StackMessage) => void },
): Promise<RunningServer> {
  const { clock, signal } = environment;
  const beganMs = clock.monotonicMs();
  const gate = sayingLoaded(openEngineGate(parent, tell, signal), tell);
  const { unit, logFolder, settings, engines, users, messagingServerIds } = await begun(parent, signal);
  await using log = openLogFile({ folder: logFolder, name: unit, ...serverLogRotation });
  await using running = await start(environment, {
    server,
    flags: { ...settings, ...flags },
    engines,
    gate,
    seed: { users, messagingServerIds },
    logLevel,
    writeLog: (text) => log.write(text),
  });
  const afterMs = (): number => Math.round(clock.monotonicMs() - beganMs);
  tell({ kind: 'listening', afterMs: afterMs() });
  while (running.notReady().length > 0 && !signal.aborted) {
    await clock.sleep(readyPollMs, signal).catch(() => undefined);
  }
  if (!signal.aborted) tell({ kind: 'ready', afterMs: afterMs() });
  await aborted(signal);
  return running;
}

/** An engine is waited for with the code loaded that opens it. */
function sayingLoaded(gate: EngineGate, tell: (message: StackMessage) => void): EngineGate {
  return {
    ...gate,
    whenUp(engine) {
      tell({ kind: 'loaded' });
      return gate.whenUp(engine);
    },
  };
}

function begun(parent: ParentChannel, signal: AbortSignal): Promise<Begin> {
  return new Promise((resolve, reject) => {
    parent.onMessage((message) => {
      const begin = parseBegin(message);
      if (begin !== undefined) resolve(begin);
    });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}
