/**
 * The life of one server's process: started again whenever it ends, after a delay that grows while it keeps ending,
 * until it is stopped.
 */
import type { Random } from '../../../services/core/random.ts';
import type { Cancellable, Clock } from '../../../services/core/time/clock.ts';
import type { EngineName, StackFailure, StackMessage } from '../process/stack-message.ts';
import type { ServerProcess, StackServer } from '../stack-files.ts';
import { restartDelayMs } from './backoff.ts';
import { unitName, type LaunchedServer, type LaunchServer, type ProcessEnd } from './launch-server.ts';

export interface SupervisedServerDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly launch: LaunchServer;
  readonly report: Report;
  /** Its record changed. */
  readonly changed: () => void;
  /** It said why it cannot start, before it was ready for the first time. */
  readonly failed: (failure: StackFailure) => void;
}

export type Report = (level: 'info' | 'warn', fields: object, message: string) => void;

export interface SupervisedServer {
  readonly server: StackServer;
  /** Whether it has listened since it was first started. */
  readonly hasListened: boolean;
  /** Whether what it needs of the engine is there: topic or schema. */
  hasPrepared(engine: EngineName): boolean;
  record(): ServerProcess;
  /** An engine may be opened, now and after every restart. */
  announce(engine: EngineName): void;
  /** From now on it is not started again when it ends. */
  hold(): void;
  /** Resolves when its process is gone: by SIGTERM, and by SIGKILL when that takes longer than `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** A server that ran for so long has not ended "in a row" when it ends. */
const steadyMs = 30_000;

export function superviseServer(deps: SupervisedServerDependencies, server: StackServer): SupervisedServer {
  const { clock, random, launch, report, changed } = deps;
  const unit = unitName(server);
  const up = new Set<EngineName>();
  const prepared = new Set<EngineName>();
  const ending = new Set<() => void>();
  let state: ServerProcess['state'] | 'stopped' = 'starting';
  let process: LaunchedServer | undefined;
  let processStart = '';
  let startedMs = 0;
  let restarts = 0;
  let endsInRow = 0;
  let hasListened = false;
  let wasReady = false;
  let failure: StackFailure | undefined;
  let lastEnd: string | null = null;
  let nextStartAtMs: number | null = null;
  let timer: Cancellable | undefined;
  let isHeld = false;

  const start = (): void => {
    state = 'starting';
    [failure, nextStartAtMs, processStart] = [undefined, null, ''];
    startedMs = clock.monotonicMs();
    let own: LaunchedServer | undefined;
    let isEnded = false;
    const events = {
      message: (message: StackMessage) => {
        if (!isEnded) heard(message);
      },
      ended: (end: ProcessEnd) => {
        isEnded = true;
        process = undefined;
        ended(end);
      },
    };
    own = launch(server, events);
    if (isEnded) return;
    process = own;
    for (const engine of up) own.announce(engine);
    own.processStart.then(
      (found) => {
        if (process !== own) return;
        processStart = found;
        changed();
      },
      () => undefined,
    );
    changed();
  };

  const heard = (message: StackMessage): void => {
    if (message.kind === 'prepared') {
      prepared.add(message.engine);
      changed();
    }
    if (message.kind === 'failed') failure = message.error;
    if (message.kind === 'listening') {
      hasListened = true;
      changed();
    }
    if (message.kind !== 'ready' || state !== 'starting') return;
    state = 'running';
    wasReady = true;
    changed();
  };

  const ended = (end: ProcessEnd): void => {
    const why = describeEnd(end, failure);
    lastEnd = why;
    if (state === 'stopping' || isHeld) {
      state = 'stopped';
      for (const done of ending) done();
      changed();
      return;
    }
    if (failure !== undefined && !wasReady) deps.failed(failure);
    endsInRow = clock.monotonicMs() - startedMs >= steadyMs ? 1 : endsInRow + 1;
    const delayMs = restartDelayMs(endsInRow, random);
    state = 'waiting';
    nextStartAtMs = clock.nowMs() + delayMs;
    timer = clock.after(delayMs, () => {
      restarts += 1;
      start();
    });
    const output = end.output === '' || failure !== undefined ? {} : { output: end.output };
    report('warn', { restarts, ...output }, `server ${unit} ${why}; it starts again in ${delayMs} ms`);
    changed();
  };

  const hold = (): void => {
    isHeld = true;
    timer?.cancel();
  };

  const stop = async (graceMs: number): Promise<void> => {
    hold();
    if (process === undefined || state === 'stopped') {
      state = 'stopped';
      changed();
      return;
    }
    const isFirst = state !== 'stopping';
    state = 'stopping';
    changed();
    await new Promise<void>((resolve) => {
      // A second SIGTERM would end it at once.
      if (!isFirst) {
        ending.add(resolve);
        return;
      }
      const late = clock.after(graceMs, () => {
        report('warn', {}, `server ${unit} did not stop within ${graceMs} ms: it is killed`);
        process?.signal('SIGKILL');
      });
      ending.add(() => {
        late.cancel();
        resolve();
      });
      process?.signal('SIGTERM');
    });
  };

  start();
  return {
    server,
    get hasListened() {
      return hasListened;
    },
    hasPrepared: (engine) => hasListened || prepared.has(engine),
    record: () => ({
      serverId: server.serverId,
      pid: process?.pid ?? null,
      processStart,
      state: state === 'stopped' ? 'stopping' : state,
      restarts,
      lastEnd,
      nextStartAtMs,
    }),
    announce(engine) {
      if (up.has(engine)) return;
      up.add(engine);
      process?.announce(engine);
    },
    hold,
    stop,
  };
}

/** "ended with exit code 1: port 7105 is taken", "was ended by SIGKILL" */
function describeEnd({ code, signal }: ProcessEnd, failure: StackFailure | undefined): string {
  const how =
    signal !== null
      ? `was ended by ${signal}`
      : code === null
        ? 'could not be started'
        : `ended with exit code ${code}`;
  return failure === undefined ? how : `${how}: ${failure.message}`;
}
