/**
 * Starts history: answers questions about the past.
 */
import { openConfigWatcher } from '../config-db/config-watcher.ts';
import { createScope } from '../core/lifecycle.ts';
import { createAuthenticator } from '../runtime/auth.ts';
import { startEngineProbe } from '../runtime/engine-probe.ts';
import { createGrpcHost } from '../runtime/grpc.ts';
import { createGrpcHandlers } from '../runtime/grpc-handlers.ts';
import { createHttpHost } from '../runtime/http.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { historyService } from './grpc.ts';
import { createHistory } from './history.ts';
import type { HistorySettings } from './settings.ts';

const checkMs = 1_000;

export async function startHistory(context: ServerContext<HistorySettings>): Promise<RunningServer> {
  const { settings, engines, clock, metrics } = context;
  const server = 'history';
  const log = context.log.child({ server });
  const scope = createScope();
  try {
    scope.defer(() => log.info({}, 'history stopped'));
    const config = scope.use(
      await openConfigWatcher({
        configDb: engines.configDb,
        clock,
        changed: ({ version }) => log.info({ version }, 'the dynamic configuration is in use'),
        refused: (version, faults) => log.error({ version, faults }, 'the dynamic configuration is invalid; not used'),
      }),
    );
    const auth = scope.use(createAuthenticator({ jwksUrl: settings.jwksUrl, clock }));
    const history = createHistory({
      historyDb: engines.historyDb,
      partitionCount: engines.partitionCount,
      config: () => config.current(),
    });
    const grpc = scope.use(
      await createGrpcHost({
        host: settings.grpcHost,
        port: settings.grpcPort,
        services: [historyService(history, createGrpcHandlers({ auth, log }))],
        clock,
        log,
        drainMs: settings.drainMs,
      }),
    );
    const probe = scope.use(
      startEngineProbe({ engine: 'the history database', ask: () => engines.historyDb.watermark(0), clock, log }),
    );
    const notReady = (): readonly string[] => {
      const reasons = [...config.faults(), ...auth.notReady(), ...probe.notReady()];
      grpc.setServing(reasons.length === 0);
      return reasons;
    };
    const serving = clock.every(checkMs, () => void notReady());
    scope.defer(() => serving.cancel());
    const http = scope.use(
      await createHttpHost({
        host: settings.httpHost,
        port: settings.httpPort,
        drainMs: settings.drainMs,
        server,
        clock,
        log,
        metrics,
        notReady,
      }),
    );
    log.info({ http: http.address, grpc: grpc.address }, 'history listens');
    return {
      name: server,
      serverId: server,
      httpAddress: http.address,
      grpcAddress: grpc.address,
      notReady,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}
