/**
 * Picks and opens the engines of a server or a stack. The one file that names implementations; only those that are
 * opened are loaded.
 */
import { join } from 'node:path';
import { openInScope, type Scope } from '../core/lifecycle.ts';
import type { Clock } from '../core/time/clock.ts';
import type { EmbeddedEngineOptions, EngineOptions, ExternalEngineOptions } from './engine-options.ts';
import type { Log } from './log.ts';
import type { EngineName, Engines } from './server.ts';

export type ExternalEngine = 'kafka' | 'cassandra' | 'redis';

/** For external engines that are only being started. */
export interface EngineGate {
  /** Resolves when this one may be opened. */
  whenUp(engine: ExternalEngine): Promise<void>;
  /** It is open: what the servers need on it, topic or schema, is there. */
  opened(engine: ExternalEngine): void;
}

interface Opening {
  /** Who opens them: engines show it in their lists of clients. */
  readonly clientId: string;
  /** Only these are opened; the others throw when they are asked for. */
  readonly needs: readonly EngineName[];
  readonly clock: Clock;
  readonly log: Log;
  /** Without one, everything is opened at once. */
  readonly gate?: EngineGate | undefined;
}

/** Errors: data.locked, data.newer, data.damaged, settings.invalid, engine.unavailable; nothing stays open then. */
export async function openEngines(options: EngineOptions & Opening): Promise<Engines> {
  const { clock, log, backend } = options;
  const startedMs = clock.monotonicMs();
  const engines = await openInScope((scope) =>
    options.backend === 'embedded' ? embedded(options, scope) : external(options, scope),
  );
  log.info({ backend, tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'engines opened');
  return engines;
}

async function embedded(options: EmbeddedEngineOptions & Opening, scope: Scope): Promise<Engines> {
  const { clock, dataFolder, partitionCount, historyRowBytes: rowBytes } = options;
  const [{ openEmbeddedBackplane }, { openEmbeddedHistoryDb }, { openEmbeddedConfigDb }, { openEmbeddedUserDb }] =
    await Promise.all([
      import('../backplane/embedded/embedded-backplane.ts'),
      import('../history-db/embedded/embedded-history-db.ts'),
      import('../config-db/embedded/embedded-config-db.ts'),
      import('../user-db/embedded/embedded-user-db.ts'),
    ]);
  return {
    backplane: scope.use(await openEmbeddedBackplane({ ...options, folder: join(dataFolder, 'backplane') })),
    historyDb: scope.use(await openEmbeddedHistoryDb({ folder: join(dataFolder, 'history'), rowBytes })),
    configDb: scope.use(await openEmbeddedConfigDb({ folder: join(dataFolder, 'config'), clock })),
    userDb: scope.use(await openEmbeddedUserDb({ folder: join(dataFolder, 'users') })),
    partitionCount,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function external(options: ExternalEngineOptions & Opening, scope: Scope): Promise<Engines> {
  const { clock, log, clientId, needs, partitionCount, retentionMs, gate } = options;
  const warn = (fields: object, message: string): void => log.warn(fields, message);
  const [backplane, configDb, onCassandra] = await allOrNone([
    ifNeeded(
      needs.includes('backplane'),
      through(gate, 'kafka', {
        load: () => import('../backplane/kafka/kafka-backplane.ts'),
        open: async ({ openKafkaBackplane }) =>
          scope.use(await openKafkaBackplane({ ...options.kafka, clientId, partitionCount, retentionMs, clock, warn })),
      }),
    ),
    ifNeeded(
      needs.includes('configDb'),
      through(gate, 'redis', {
        load: () => import('../config-db/redis/redis-config-db.ts'),
        open: async ({ openRedisConfigDb }) =>
          scope.use(await openRedisConfigDb({ url: options.redisUrl, tls: options.redisTls, clock, warn })),
      }),
    ),
    ifNeeded(
      needs.includes('historyDb') || needs.includes('userDb'),
      through(gate, 'cassandra', {
        load: () => loadCassandra(options.needs),
        open: (loaded) => openOnCassandra(loaded, options, scope),
      }),
    ),
  ]);
  return {
    partitionCount,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    get backplane() {
      return opened(backplane, 'backplane');
    },
    get historyDb() {
      return opened(onCassandra?.historyDb, 'historyDb');
    },
    get configDb() {
      return opened(configDb, 'configDb');
    },
    get userDb() {
      return opened(onCassandra?.userDb, 'userDb');
    },
  };
}

/** Undefined: not needed. */
async function loadCassandra(needs: readonly EngineName[]) {
  const [{ openCassandra }, history, users] = await Promise.all([
    import('../cassandra/open-cassandra.ts'),
    ifNeeded(needs.includes('historyDb'), () => import('../history-db/cassandra/cassandra-history-db.ts')),
    ifNeeded(needs.includes('userDb'), () => import('../user-db/cassandra/cassandra-user-db.ts')),
  ]);
  return { openCassandra, history, users };
}

/** The databases that share a session. */
async function openOnCassandra(
  { openCassandra, history, users }: Awaited<ReturnType<typeof loadCassandra>>,
  { cassandra, historyRowBytes: rowBytes, clock, log }: ExternalEngineOptions & Opening,
  scope: Scope,
) {
  const session = scope.use(await openCassandra({ ...cassandra, clock, log }));
  const historyDb = history && scope.use(await history.openCassandraHistoryDb({ session, rowBytes }));
  const userDb = users && scope.use(await users.openCassandraUserDb({ session, clock }));
  return { historyDb, userDb };
}

/** At the same time; when one fails, only after the others have ended, so that nothing opens behind our back. */
async function allOrNone<T extends readonly Promise<unknown>[]>(work: readonly [...T]) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

interface Opener<M, T> {
  /** The engine's code: while the engine itself may still be starting. */
  readonly load: () => Promise<M>;
  readonly open: (loaded: M) => Promise<T>;
}

/** Opens an engine once it is up, and tells when it is open. */
function through<M, T>(
  gate: EngineGate | undefined,
  engine: ExternalEngine,
  { load, open }: Opener<M, T>,
): () => Promise<T> {
  return async () => {
    const loaded = await load();
    await gate?.whenUp(engine);
    const opened = await open(loaded);
    gate?.opened(engine);
    return opened;
  };
}

async function ifNeeded<T>(isNeeded: boolean, open: () => Promise<T>): Promise<T | undefined> {
  return isNeeded ? open() : undefined;
}

function opened<T>(engine: T | undefined, name: EngineName): T {
  if (engine === undefined) throw new Error(`${name} is not opened here: add it to what the server needs`);
  return engine;
}
