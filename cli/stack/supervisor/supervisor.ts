/**
 * The servers of a stack as processes: started together, each restarted on its own, stopped in the order in which
 * they need each other.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { EngineName, StackFailure } from '../process/stack-message.ts';
import type { ServerProcess, StackServer } from '../stack-files.ts';
import { stopOrder } from '../stop-order.ts';
import { superviseServer, type SupervisedServer, type SupervisedServerDependencies } from './supervised-server.ts';

export interface SupervisorDependencies extends Omit<SupervisedServerDependencies, 'failed'> {
  readonly graceMs: number;
  /** Topic or schema of an engine are there for all that need them; once for each. */
  readonly prepared: (engine: EngineName) => void;
}

export interface Supervisor {
  readonly servers: readonly StackServer[];
  records(): readonly ServerProcess[];
  /** Starts servers. */
  add(servers: readonly StackServer[]): void;
  /** Stops some in order and forgets them. */
  remove(serverIds: ReadonlySet<string>): Promise<void>;
  /**
   * `first`: the server that opens it before the others do: they find topic or schema made. They do not wait for one
   * that ends, or for longer than it usually takes.
   */
  announce(engine: EngineName, first?: string): void;
  /** Resolves when all have listened. Error: why a server cannot start at all, or the signal's reason. */
  listening(signal: AbortSignal): Promise<void>;
  /** Resolves when all are ready. Errors: as before. */
  ready(signal: AbortSignal): Promise<void>;
  stopAll(): Promise<void>;
}

/** Several times what making topic or schema takes on a busy machine. */
const aheadMs = 60_000;
/** Who is not ready yet has nothing to drain. */
const startingGraceMs = 1_000;

export function createSupervisor(deps: SupervisorDependencies): Supervisor {
  const supervised = new Map<string, SupervisedServer>();
  const announced = new Set<EngineName>();
  const isPrepared = new Set<EngineName>();
  const waiting = new Set<() => void>();
  let failure: StackFailure | undefined;
  let isStopping = false;

  const changed = (): void => {
    for (const engine of announced) {
      const isThere = [...supervised.values()].every((one) => one.hasPrepared(engine));
      if (!isThere || isPrepared.has(engine)) continue;
      isPrepared.add(engine);
      deps.prepared(engine);
    }
    deps.changed();
    for (const look of waiting) look();
  };
  const each: SupervisedServerDependencies = {
    ...deps,
    changed,
    failed(why) {
      failure ??= why;
      changed();
    },
  };
  const stop = async (chosen: readonly SupervisedServer[]): Promise<void> => {
    for (const one of chosen) one.hold();
    const starting = chosen.filter((one) => one.record().state !== 'running');
    await Promise.all(starting.map((one) => one.stop(startingGraceMs)));
    for (const names of stopOrder) {
      const group = chosen.filter(({ server }) => names.includes(server.name));
      await Promise.all(group.map((one) => one.stop(deps.graceMs)));
    }
  };

  const untilAll = (isSo: (one: SupervisedServer) => boolean, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        waiting.delete(look);
        signal.removeEventListener('abort', look);
        end();
      };
      const look = (): void => {
        const cause = failure;
        if (signal.aborted) settle(() => reject(signal.reason));
        else if (cause !== undefined) settle(() => reject(startError(cause)));
        else if ([...supervised.values()].every(isSo)) settle(resolve);
      };
      waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });

  return {
    get servers() {
      return [...supervised.values()].map(({ server }) => server);
    },
    records: () => [...supervised.values()].map((one) => one.record()),
    add(servers) {
      for (const server of servers) {
        const one = superviseServer(each, server);
        for (const engine of announced) one.announce(engine);
        supervised.set(server.serverId, one);
      }
      changed();
    },
    async remove(serverIds) {
      await stop([...supervised.values()].filter(({ server }) => serverIds.has(server.serverId)));
      for (const serverId of serverIds) supervised.delete(serverId);
      changed();
    },
    announce(engine, first) {
      const ahead = [...supervised.values()].find(({ server }) => server.name === first);
      let isLate = false;
      const look = (): void => {
        const isAhead = ahead?.record().state === 'starting' && !ahead.hasPrepared(engine);
        if (isAhead && !isLate && !isStopping) return;
        waiting.delete(look);
        timer.cancel();
        if (isStopping) return;
        announced.add(engine);
        for (const one of supervised.values()) one.announce(engine);
      };
      const timer = deps.clock.after(aheadMs, () => {
        isLate = true;
        look();
      });
      ahead?.announce(engine);
      waiting.add(look);
      look();
    },
    listening: (signal) => untilAll((one) => one.hasListened, signal),
    ready: (signal) => untilAll((one) => one.record().state === 'running', signal),
    stopAll() {
      isStopping = true;
      changed();
      return stop([...supervised.values()]);
    },
  };
}

function startError({ code, message, hint, causes }: StackFailure): CecochatError {
  const cause = causes.reduceRight<Error | undefined>(
    (inner, text) => new Error(text, inner === undefined ? undefined : { cause: inner }),
    undefined,
  );
  return new CecochatError(code, message, { ...(hint === null ? {} : { hint }), cause });
}
