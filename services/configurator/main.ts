/**
 * Starts configurator: changes of the dynamic configuration, the state of the messaging servers, and the
 * replacement of those that died.
 */
import { formatRanges } from '../config-db/partition-ranges.ts';
import { createAdminCheck } from '../runtime/admin.ts';
import { createHttpHost } from '../runtime/http.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { createConfigurator } from './configurator.ts';
import { watchForDeaths } from './death-watch.ts';
import { configuratorApi } from './http.ts';
import type { Replacement } from './replacement-plan.ts';
import { watchForReplacement } from './replacement.ts';
import { serverConnector } from './server-connection.ts';
import type { ConfiguratorSettings } from './settings.ts';

export async function startConfigurator(context: ServerContext<ConfiguratorSettings>): Promise<RunningServer> {
  const { settings, engines, clock, metrics } = context;
  const { configDb, backplane } = engines;
  const log = context.log.child({ server: 'configurator' });
  const configurator = createConfigurator({ configDb, backplane });
  const isAdmin = createAdminCheck(settings.adminToken);
  const notReady = (): readonly string[] => [];
  const http = await createHttpHost({
    host: settings.httpHost,
    port: settings.httpPort,
    drainMs: settings.drainMs,
    // A hash of ten thousand servers is long.
    maxBodyBytes: 1024 * 1024,
    server: 'configurator',
    api: configuratorApi({ configurator, configDb, isAdmin }),
    clock,
    log,
    metrics,
    notReady,
  });
  const replacement = settings.replaceDeadServers
    ? watchForReplacement({
        configDb,
        clock,
        replaceAfterStartMs: settings.replaceAfterStartMs,
        giveBackAfterMs: settings.giveBackAfterMs,
        replaced: (moves, version) =>
          log.warn(
            { moves: moves.map(describeMove), version },
            'a messaging server is gone: its partitions go to others',
          ),
        gaveBack: (moves, version) =>
          log.info(
            { moves: moves.map(describeMove), version },
            'a messaging server that lives again gets its share back',
          ),
        failed: (error) => log.warn({ err: error }, 'the leases of the messaging servers could not be looked at'),
      })
    : undefined;
  const deaths = settings.replaceDeadServers
    ? watchForDeaths({
        configDb,
        clock,
        connect: serverConnector(clock),
        died: (dead) => log.warn({ dead }, 'a messaging server died: nobody listens at its address any more'),
        failed: (error) => log.warn({ err: error }, 'the messaging servers could not be watched'),
      })
    : undefined;
  log.info({ http: http.address }, 'configurator listens');
  return {
    name: 'configurator',
    serverId: 'configurator',
    httpAddress: http.address,
    grpcAddress: undefined,
    notReady,
    async [Symbol.asyncDispose]() {
      await deaths?.[Symbol.asyncDispose]();
      await replacement?.[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      log.info({}, 'configurator stopped');
    },
  };
}

function describeMove({ from, to, partitions }: Replacement): string {
  return `${formatRanges(partitions)} from ${from} to ${to}`;
}
