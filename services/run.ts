/**
 * Starts all servers in one process over engines that are opened once: the embedded stack. Two messaging
 * servers, s1 and s2, share the partitions.
 */
import { startConfigurator, configuratorSettings, seedConfiguration } from './configurator/main.ts';
import { startConnect, connectSettings } from './connect/main.ts';
import { CecochatError } from './core/errors.ts';
import { createScope, type Scope } from './core/lifecycle.ts';
import type { Random } from './core/random.ts';
import type { Clock } from './core/time/clock.ts';
import { startProfile, profileSettings, type SeedUser } from './profile/main.ts';
import { openEngines } from './runtime/engines.ts';
import { createFleet } from './runtime/fleet.ts';
import { createMetrics } from './runtime/metrics.ts';
import { createPinoLog, type LogLevel } from './runtime/pino-log.ts';
import type { RunningServer, ServerContext } from './runtime/server.ts';
import { settingsWith } from './runtime/settings.ts';

export type { RunningServer, SeedUser, LogLevel };

/** The listening sockets of a stack. */
export const stackSockets = [
  'profile.http',
  'connect.http',
  'configurator.http',
  'history.http',
  'history.grpc',
  'materialize.http',
  'messaging.s1.http',
  'messaging.s1.grpc',
  'messaging.s2.http',
  'messaging.s2.grpc',
] as const;
export type StackSocket = (typeof stackSockets)[number];

export interface StackOptions {
  readonly dataFolder: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** A port that is missing, or 0, is any free one. */
  readonly ports?: Readonly<Partial<Record<StackSocket, number>>>;
  readonly adminToken: string;
  /** Added unless their names are there. */
  readonly users?: readonly SeedUser[];
  /** Of a new data folder; default 360. */
  readonly partitionCount?: number;
  readonly logLevel: LogLevel;
  /** Gets the log, whole lines; default: stdout. */
  readonly writeLog?: (text: string) => void;
  /** How long a stop waits for open calls. Default 5 s. */
  readonly drainMs?: number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RunningStack extends AsyncDisposable {
  readonly servers: readonly RunningServer[];
  /** What keeps the stack from being ready, by server; empty when it is ready. */
  notReady(): readonly string[];
  /** Resolves when every server is ready. Error: the signal's reason, or timed.out with what is missing. */
  ready(signal: AbortSignal): Promise<void>;
}

const author = 'stack';
const readyPollMs = 5;

/** Listens everywhere when it resolves. Errors: data.*, port.busy, settings.invalid; nothing stays open then. */
export async function startAll(options: StackOptions): Promise<RunningStack> {
  const scope = createScope();
  try {
    const servers = await startInScope(options, scope);
    const notReady = (): readonly string[] =>
      servers.flatMap(({ serverId, notReady: reasons }) => reasons().map((reason) => `${serverId}: ${reason}`));
    return {
      servers,
      notReady,
      ready: (signal) => waitUntilReady(notReady, options.clock, signal),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function startInScope(options: StackOptions, scope: Scope): Promise<readonly RunningServer[]> {
  const { clock, random, adminToken, drainMs, host: httpHost = '127.0.0.1', ports = {} } = options;
  const log = createPinoLog(
    options.writeLog === undefined
      ? { level: options.logLevel }
      : { level: options.logLevel, destination: { write: options.writeLog } },
  );
  const engines = scope.use(
    await openEngines({
      backend: 'embedded',
      dataFolder: options.dataFolder,
      partitionCount: options.partitionCount ?? 360,
      clock,
      log,
    }),
  );
  const { partitionCount } = engines.backplane;
  await seedConfiguration(engines.configDb, { author, partitionCount, messagingServerIds: ['s1', 's2'] });
  const base = { engines, clock, random, log, metrics: createMetrics() };
  const http = (socket: StackSocket) => ({
    httpHost,
    httpPort: ports[socket] ?? 0,
    ...(drainMs === undefined ? {} : { drainMs }),
  });
  const context = <S>(settings: S): ServerContext<S> => ({ ...base, settings });

  const fleet = scope.use(createFleet());
  const profile = await fleet.start(
    startProfile(context(settingsWith(profileSettings, { ...http('profile.http'), adminToken }))),
  );
  const jwksUrl = `${profile.httpAddress}/.well-known/jwks.json`;
  const servers = await Promise.all([
    fleet.start(startConnect(context(settingsWith(connectSettings, { ...http('connect.http'), jwksUrl })))),
    fleet.start(
      startConfigurator(context(settingsWith(configuratorSettings, { ...http('configurator.http'), adminToken }))),
    ),
  ]);
  await profile.seedUsers(options.users ?? []);
  return [profile, ...servers];
}

async function waitUntilReady(notReady: () => readonly string[], clock: Clock, signal: AbortSignal): Promise<void> {
  for (let reasons = notReady(); reasons.length > 0; reasons = notReady()) {
    try {
      await clock.sleep(readyPollMs, signal);
    } catch (cause) {
      throw new CecochatError('timed.out', `the stack is not ready: ${reasons.join('; ')}`, { cause });
    }
  }
}
