/**
 * Starts all servers in one process over engines that are opened once (the embedded stack, whose messaging servers
 * share the partitions), or one server over engines of its own.
 */
import { startConfigurator, configuratorSettings, publishAddresses, seedConfiguration } from './configurator/main.ts';
import { startConnect, connectSettings } from './connect/main.ts';
import { CecochatError } from './core/errors.ts';
import { createScope, type Scope } from './core/lifecycle.ts';
import type { Random } from './core/random.ts';
import type { Clock } from './core/time/clock.ts';
import { startHistory, historySettings } from './history/main.ts';
import { startMaterialize, materializeSettings } from './materialize/main.ts';
import { startMessaging, messagingSettings } from './messaging/main.ts';
import { startProfile, profileSettings, type SeedUser } from './profile/main.ts';
import { measureAppends } from './runtime/engine-metrics.ts';
import { engineOptionsOf, type ExternalEngineOptions } from './runtime/engine-options.ts';
import { allEngines, openEngines, type EngineGate } from './runtime/engines.ts';
import { createFleet } from './runtime/fleet.ts';
import type { Log } from './runtime/log.ts';
import { createMetrics } from './runtime/metrics.ts';
import { createPinoLog, type LogLevel } from './runtime/pino-log.ts';
import type { EngineName, Engines, RunningServer, ServerContext, ServerName } from './runtime/server.ts';
import {
  describeSettings,
  resolveSettings,
  settingsWith,
  withoutSecrets,
  type SettingReference,
} from './runtime/settings.ts';
import type { SettingMap, SettingsDeclaration, SettingsSource, ValuesOf } from './runtime/settings.ts';
import { engineSettings } from './runtime/stack-settings.ts';

export type { EngineGate, ExternalEngineOptions, RunningServer, SeedUser, LogLevel };

/** The listening sockets of a stack. */
export type StackSocket =
  | 'profile.http'
  | 'connect.http'
  | 'configurator.http'
  | 'history.http'
  | 'history.grpc'
  | 'materialize.http'
  | `messaging.${string}.http`
  | `messaging.${string}.grpc`;

export interface StackOptions {
  /** Of the embedded engines. */
  readonly dataFolder: string;
  /** Where the settings of the engines come from, the strongest first; without any, the embedded ones. */
  readonly engines?: readonly SettingsSource[];
  /** For external engines that are only being started. */
  readonly gate?: EngineGate | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** A port that is missing, or 0, is any free one. */
  readonly ports?: Readonly<Partial<Record<StackSocket, number>>>;
  readonly adminToken: string;
  /** Added unless their names are there. */
  readonly users?: readonly SeedUser[];
  /** Of a new data folder; default 360. */
  readonly partitionCount?: number;
  /** Ids of the messaging servers; default s1 and s2. */
  readonly messagingServerIds?: readonly string[];
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
const twoMessagingServers = ['s1', 's2'];
const readyPollMs = 5;
const engineRetryMs = 1_000;

/** Listens everywhere when it resolves. Errors: data.*, port.busy, settings.invalid; nothing stays open then. */
export async function startAll(options: StackOptions): Promise<RunningStack> {
  const scope = createScope();
  try {
    const servers = await startInScope(options, scope);
    const notReady = (): readonly string[] =>
      servers.flatMap((server) => server.notReady().map((reason) => `${server.serverId}: ${reason}`));
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
  const { clock, random, adminToken, drainMs, host = '127.0.0.1', ports = {} } = options;
  const { messagingServerIds = twoMessagingServers } = options;
  const log = openLog(options);
  const settings = resolveSettings(engineSettings, [
    { origin: 'stack', keyedBy: 'name', values: { dataFolder: options.dataFolder, ...partitionsOf(options) } },
    ...(options.engines ?? []),
  ]).values;
  const opening = { clientId: 'cecochat', needs: allEngines, clock, log, gate: options.gate };
  const engines = scope.use(await openEngines({ ...engineOptionsOf(settings, allEngines), ...opening }));
  const { partitionCount } = engines;
  await seedConfiguration(engines.configDb, { author, partitionCount, messagingServerIds });
  const metrics = createMetrics();
  measureAppends(metrics, engines.backplane);
  const base = { engines, clock, random, log, metrics };
  const drain = drainMs === undefined ? {} : { drainMs };
  const http = (socket: StackSocket) => ({ httpHost: host, httpPort: ports[socket] ?? 0, ...drain });
  const grpc = (socket: StackSocket) => ({ grpcHost: host, grpcPort: ports[socket] ?? 0 });
  const context = <S>(settings: S): ServerContext<S> => ({ ...base, settings });

  const fleet = scope.use(createFleet());
  const profile = await fleet.start(
    startProfile(context(settingsWith(profileSettings, { ...http('profile.http'), adminToken }))),
  );
  const jwksUrl = `${profile.httpAddress}/.well-known/jwks.json`;
  const messaging = messagingServerIds.map((serverId) => {
    const at = { ...http(`messaging.${serverId}.http`), ...grpc(`messaging.${serverId}.grpc`), jwksUrl, serverId };
    return fleet.start(startMessaging(context(settingsWith(messagingSettings, at))));
  });
  const seeding = profile.seedUsers(options.users ?? []);
  // Awaited with the addresses below; if a server fails before that, its error is the one to tell.
  seeding.catch(() => undefined);
  const servers = await Promise.all([
    fleet.start(startConnect(context(settingsWith(connectSettings, { ...http('connect.http'), jwksUrl })))),
    fleet.start(
      startConfigurator(
        context(
          settingsWith(configuratorSettings, { ...http('configurator.http'), adminToken, replaceDeadServers: false }),
        ),
      ),
    ),
    fleet.start(
      startHistory(
        context(settingsWith(historySettings, { ...http('history.http'), ...grpc('history.grpc'), jwksUrl })),
      ),
    ),
    fleet.start(
      startMaterialize(context(settingsWith(materializeSettings, { ...http('materialize.http'), adminToken }))),
    ),
    ...messaging,
  ]);
  await Promise.all([seeding, publishAddresses(engines.configDb, { author, ...addressesOf(servers) })]);
  return [profile, ...servers];
}

function partitionsOf({ partitionCount }: Pick<StackOptions, 'partitionCount'>): Readonly<Record<string, string>> {
  return partitionCount === undefined ? {} : { partitionCount: String(partitionCount) };
}

/** Where clients find the servers with gRPC, as the dynamic configuration has it. */
function addressesOf(servers: readonly RunningServer[]) {
  const messaging: Record<string, string> = {};
  let history: string | undefined;
  for (const { name, serverId, grpcAddress } of servers) {
    if (grpcAddress === undefined) continue;
    if (name === 'messaging') messaging[serverId] = grpcAddress;
    if (name === 'history') history = grpcAddress;
  }
  return { messaging, history };
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

function openLog({ logLevel: level, writeLog }: Pick<StackOptions, 'logLevel' | 'writeLog'>): Log {
  return createPinoLog(writeLog === undefined ? { level } : { level, destination: { write: writeLog } });
}

export interface OneOptions extends Pick<StackOptions, 'logLevel' | 'writeLog' | 'clock' | 'random'> {
  /** Where the server's settings come from, the strongest first. */
  readonly settings: readonly SettingsSource[];
  /** The same for its engines. */
  readonly engines: readonly SettingsSource[];
  /** For external engines that are only being started. */
  readonly gate?: EngineGate | undefined;
  /** What profile and configurator make when it is missing. */
  readonly seed?: Seed | undefined;
  /** Ends the waiting for engines that do not answer. */
  readonly signal: AbortSignal;
}

export interface Seed {
  /** Added unless their names are there. */
  readonly users: readonly SeedUser[];
  /** They share the partitions of a new configuration. */
  readonly messagingServerIds: readonly string[];
}

const engineNeeds: Readonly<Record<ServerName, readonly EngineName[]>> = {
  profile: ['userDb'],
  connect: ['configDb'],
  messaging: ['backplane', 'configDb'],
  materialize: ['backplane', 'historyDb'],
  history: ['historyDb', 'configDb'],
  configurator: ['configDb', 'backplane'],
};

/** One server over engines of its own. Errors: settings.invalid with all faults, and those of startAll. */
export async function startOne(name: ServerName, options: OneOptions): Promise<RunningServer> {
  const { clock, random, gate, seed } = options;
  const log = openLog(options);
  const engineOptions = engineOptionsOf(resolveSettings(engineSettings, options.engines).values, engineNeeds[name]);
  const scope = createScope();
  const start = async <M extends SettingMap>(
    declaration: SettingsDeclaration<M>,
    startServer: (context: ServerContext<ValuesOf<M>>) => Promise<RunningServer>,
  ): Promise<RunningServer> => {
    const { values: settings, origins } = resolveSettings(declaration, options.settings);
    log.info({ settings: withoutSecrets(declaration, settings), origins }, 'settings');
    const opening = { clientId: `cecochat-${name}`, needs: engineNeeds[name], clock, log, gate };
    const engines = scope.use(await untilOpened({ ...engineOptions, ...opening }, options.signal));
    const metrics = createMetrics();
    if (engineNeeds[name].includes('backplane')) measureAppends(metrics, engines.backplane);
    const server = scope.use(await startServer({ settings, engines, clock, random, log, metrics }));
    await publishOwn(server, { engines, settings });
    return { ...server, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  };
  const starts: Record<ServerName, () => Promise<RunningServer>> = {
    profile: () => start(profileSettings, (context) => startSeeded(context, seed)),
    connect: () => start(connectSettings, startConnect),
    messaging: () => start(messagingSettings, startMessaging),
    materialize: () => start(materializeSettings, startMaterialize),
    history: () => start(historySettings, startHistory),
    configurator: () =>
      start(configuratorSettings, async (context) => {
        const { configDb, partitionCount } = context.engines;
        const messagingServerIds = seed?.messagingServerIds ?? namesIn(context.settings.seedServers);
        if (messagingServerIds.length > 0)
          await seedConfiguration(configDb, { author, partitionCount, messagingServerIds });
        return startConfigurator(context);
      }),
  };
  try {
    return await starts[name]();
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function namesIn(list: string): string[] {
  return list.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}

/** The users are there when it resolves. */
async function startSeeded(
  context: Parameters<typeof startProfile>[0],
  seed: Seed | undefined,
): Promise<RunningServer> {
  const profile = await startProfile(context);
  try {
    await profile.seedUsers(seed?.users ?? []);
    return profile;
  } catch (error) {
    await profile[Symbol.asyncDispose]();
    throw error;
  }
}

/** Engines that do not answer yet are waited for: a server that starts beside them need not be started again. */
async function untilOpened(options: Parameters<typeof openEngines>[0], signal: AbortSignal): Promise<Engines> {
  for (;;) {
    try {
      return await openEngines(options);
    } catch (error) {
      if (!(error instanceof CecochatError && error.code === 'engine.unavailable')) throw error;
      options.log.warn({ err: error }, 'an engine does not answer: trying again');
      await options.clock.sleep(engineRetryMs, signal);
    }
  }
}

/** A server alone writes down where clients find it. */
async function publishOwn(
  { name, serverId, grpcAddress }: RunningServer,
  { engines, settings }: { engines: Engines; settings: Readonly<Record<string, unknown>> },
): Promise<void> {
  if (grpcAddress === undefined) return;
  const given = settings['advertisedAddress'];
  const address = typeof given === 'string' && given !== '' ? given : grpcAddress;
  const messaging = name === 'messaging' ? { [serverId]: address } : {};
  const history = name === 'history' ? address : undefined;
  await publishAddresses(engines.configDb, { author: serverId, messaging, history });
}

/** Where the engines of a stack are, for tools beside it; undefined: in its process. Error: settings.invalid. */
export function externalEnginesOf(sources: readonly SettingsSource[]): ExternalEngineOptions | undefined {
  const settings = resolveSettings(engineSettings, sources).values;
  if (settings.backend === 'embedded') return undefined;
  const options = engineOptionsOf(settings, allEngines);
  return options.backend === 'external' ? options : undefined;
}

/** All static settings, for `config reference`. */
export function settingsReference(): readonly (SettingReference & { readonly scope: string })[] {
  const all: readonly SettingsDeclaration<SettingMap>[] = [
    engineSettings,
    profileSettings,
    connectSettings,
    messagingSettings,
    materializeSettings,
    historySettings,
    configuratorSettings,
  ];
  return all.flatMap((declaration) =>
    describeSettings(declaration).map((setting) => ({ scope: declaration.scope, ...setting })),
  );
}
