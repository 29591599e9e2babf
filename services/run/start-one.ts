/**
 * One server over engines of its own. Only what it is made of is loaded.
 */
import { publishAddresses, seedConfiguration } from '../configurator/seed.ts';
import { configuratorSettings } from '../configurator/settings.ts';
import { connectSettings } from '../connect/settings.ts';
import { CecochatError } from '../core/errors.ts';
import { createScope } from '../core/lifecycle.ts';
import { historySettings } from '../history/settings.ts';
import { materializeSettings } from '../materialize/settings.ts';
import { messagingSettings } from '../messaging/settings.ts';
import type { RunningProfile } from '../profile/main.ts';
import { profileSettings } from '../profile/settings.ts';
import { measureAppends } from '../runtime/engine-metrics.ts';
import { engineOptionsOf } from '../runtime/engine-options.ts';
import { openEngines } from '../runtime/engines.ts';
import { createMetrics } from '../runtime/metrics.ts';
import type { EngineName, Engines, RunningServer, ServerContext, ServerName } from '../runtime/server.ts';
import {
  resolveSettings,
  withoutSecrets,
  type SettingMap,
  type SettingsDeclaration,
  type ValuesOf,
} from '../runtime/settings.ts';
import { engineSettings } from '../runtime/stack-settings.ts';
import { openLog } from './open-log.ts';
import type { OneOptions, Seed } from './options.ts';

const author = 'stack';
const engineRetryMs = 1_000;

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
    profile: async () => {
      const { startProfile } = await import('../profile/main.ts');
      return start(profileSettings, (context) => startSeeded(startProfile(context), seed));
    },
    connect: async () => start(connectSettings, (await import('../connect/main.ts')).startConnect),
    messaging: async () => start(messagingSettings, (await import('../messaging/main.ts')).startMessaging),
    materialize: async () => start(materializeSettings, (await import('../materialize/main.ts')).startMaterialize),
    history: async () => start(historySettings, (await import('../history/main.ts')).startHistory),
    configurator: async () => {
      const { startConfigurator } = await import('../configurator/main.ts');
      return start(configuratorSettings, async (context) => {
        const { configDb, partitionCount } = context.engines;
        const messagingServerIds = seed?.messagingServerIds ?? namesIn(context.settings.seedServers);
        if (messagingServerIds.length > 0)
          await seedConfiguration(configDb, { author, partitionCount, messagingServerIds });
        return startConfigurator(context);
      });
    },
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
async function startSeeded(starting: Promise<RunningProfile>, seed: Seed | undefined): Promise<RunningServer> {
  const profile = await starting;
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
