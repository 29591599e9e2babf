/**
 * All servers in one process over engines that are opened once: the embedded stack, whose messaging servers share
 * the partitions.
 */
import { startConfigurator } from '../configurator/main.ts';
import { publishAddresses, seedConfiguration } from '../configurator/seed.ts';
import { configuratorSettings } from '../configurator/settings.ts';
import { startConnect } from '../connect/main.ts';
import { connectSettings } from '../connect/settings.ts';
import { CecochatError } from '../core/errors.ts';
import { createScope, type Scope } from '../core/lifecycle.ts';
import type { Clock } from '../core/time/clock.ts';
import { startHistory } from '../history/main.ts';
import { historySettings } from '../history/settings.ts';
import { startMaterialize } from '../materialize/main.ts';
import { materializeSettings } from '../materialize/settings.ts';
import { startMessaging } from '../messaging/main.ts';
import { messagingSettings } from '../messaging/settings.ts';
import { startProfile } from '../profile/main.ts';
import { profileSettings } from '../profile/settings.ts';
import { measureAppends } from '../runtime/engine-metrics.ts';
import { engineOptionsOf } from '../runtime/engine-options.ts';
import { openEngines } from '../runtime/engines.ts';
import { createFleet } from '../runtime/fleet.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { allEngines, type RunningServer, type ServerContext } from '../runtime/server.ts';
import { resolveSettings, settingsWith } from '../runtime/settings.ts';
import { engineSettings } from '../runtime/stack-settings.ts';
import { openLog } from './open-log.ts';
import type { RunningStack, StackOptions, StackSocket } from './options.ts';

const author = 'stack';
const twoMessagingServers = ['s1', 's2'];
const readyPollMs = 5;

/** Listens everywhere when it resolves. Errors: data.*, port.busy, settings.invalid, the signal's reason; nothing stays open then. */
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
  const { clock, random, adminToken, drainMs, host = '127.0.0.1', ports = {}, signal } = options;
  const { messagingServerIds = twoMessagingServers } = options;
  signal?.throwIfAborted();
  const log = openLog(options);
  const settings = resolveSettings(engineSettings, [
    { origin: 'stack', keyedBy: 'name', values: { dataFolder: options.dataFolder, ...partitionsOf(options) } },
    ...(options.engines ?? []),
  ]).values;
  const opening = { clientId: 'cecochat', needs: allEngines, clock, log, gate: options.gate };
  const engines = scope.use(await openEngines({ ...engineOptionsOf(settings, allEngines), ...opening }));
  signal?.throwIfAborted();
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
  signal?.throwIfAborted();
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
