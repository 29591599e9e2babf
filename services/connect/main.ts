/**
 * Starts connect: tells clients which messaging server to talk to.
 */
import { openConfigWatcher } from '../config-db/config-watcher.ts';
import { createScope } from '../core/lifecycle.ts';
import { createAuthenticator } from '../runtime/auth.ts';
import { createHttpHost } from '../runtime/http.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { directionsFor } from './connect.ts';
import { connectApi } from './http.ts';
import type { ConnectSettings } from './settings.ts';

export async function startConnect(context: ServerContext<ConnectSettings>): Promise<RunningServer> {
  const { settings, engines, clock, metrics } = context;
  const log = context.log.child({ server: 'connect' });
  const scope = createScope();
  try {
    scope.defer(() => log.info({}, 'connect stopped'));
    const config = scope.use(
      await openConfigWatcher({
        configDb: engines.configDb,
        clock,
        changed: ({ version }) => log.info({ version }, 'the dynamic configuration is in use'),
        refused: (version, faults) => log.error({ version, faults }, 'the dynamic configuration is invalid; not used'),
      }),
    );
    const auth = scope.use(createAuthenticator({ jwksUrl: settings.jwksUrl, clock }));
    const notReady = (): readonly string[] => [...reasons(config.current()), ...config.faults(), ...auth.notReady()];
    const http = scope.use(
      await createHttpHost({
        host: settings.httpHost,
        port: settings.httpPort,
        drainMs: settings.drainMs,
        server: 'connect',
        api: connectApi(auth, ({ userId }) => directionsFor(userId, config.current(), clock.nowMs())),
        clock,
        log,
        metrics,
        notReady,
      }),
    );
    log.info({ http: http.address }, 'connect listens');
    return {
      name: 'connect',
      serverId: 'connect',
      httpAddress: http.address,
      grpcAddress: undefined,
      notReady,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function reasons(config: { historyServerAddress: string | undefined } | undefined): readonly string[] {
  const missing = config !== undefined && config.historyServerAddress === undefined;
  return missing ? ['the configuration names no history server yet'] : [];
}
