/**
 * Starts materialize: turns the records of the log into history.
 */
import type { DeadLetter } from '../backplane/dead-letters.ts';
import { createScope } from '../core/lifecycle.ts';
import { createAdminCheck } from '../runtime/admin.ts';
import { startEngineProbe } from '../runtime/engine-probe.ts';
import { createHttpHost } from '../runtime/http.ts';
import type { Log } from '../runtime/log.ts';
import { counter, gauge } from '../runtime/metrics.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { createLogFollower, payloadDecoders } from './follow-log.ts';
import { materializeApi } from './http.ts';
import { createPace } from './pace.ts';
import { createDeadLetterDesk } from './replay.ts';
import { createSettingAsideWriter } from './set-aside.ts';
import type { MaterializeSettings } from './settings.ts';
import { createHistoryWriter } from './writer.ts';

const group = 'materialize';
const protectMs = 10_000;
const lagMs = 5_000;

export async function startMaterialize(context: ServerContext<MaterializeSettings>): Promise<RunningServer> {
  const { settings, engines, clock, metrics } = context;
  const { backplane, historyDb } = engines;
  const server = 'materialize';
  const log = context.log.child({ server });
  const scope = createScope();
  try {
    scope.defer(() => log.info({}, 'materialize stopped'));
    const rows = counter(metrics, {
      name: 'cecochat_history_rows_total',
      help: 'Rows written.',
      labelNames: ['server'],
    });
    const behind = gauge(metrics, {
      name: 'cecochat_materialize_lag_records',
      help: 'Records that are not in the history yet.',
      labelNames: ['server'],
    });
    const pace = createPace({ clock, restMs: settings.restMs });
    const letters = gauge(metrics, {
      name: 'cecochat_dead_letters',
      help: 'Records of the whole log that history could not take and that wait for a replay.',
      labelNames: ['server'],
    });
    const { deadLetters } = backplane;
    const writer = createSettingAsideWriter({
      writer: createHistoryWriter({ historyDb, clock }),
      deadLetters,
      clock,
      setAside: (all) => warnOf(log, all),
    });
    const follower = createLogFollower({
      backplane,
      historyDb,
      writer,
      pace,
      counted: (count) => rows.inc({ server }, count),
    });
    const warn = (what: string) => (error: unknown) => log.warn({ err: error }, what);
    const protect = clock.every(protectMs, () => {
      follower.protect().catch(warn('the log could not be protected from retention'));
    });
    const measure = clock.every(lagMs, () => {
      follower.lag().then((lag) => behind.set({ server }, lag), warn('the lag could not be measured'));
      deadLetters
        .count()
        .then((count) => letters.set({ server }, count), warn('the dead letters could not be counted'));
    });
    scope.defer(() => {
      protect.cancel();
      measure.cancel();
    });
    scope.use(await backplane.openGroup(group, follower));
    scope.defer(() => pace.stop());
    const desk = createDeadLetterDesk({ deadLetters, historyDb, decode: payloadDecoders });
    const { notReady } = scope.use(
      startEngineProbe({ engine: 'the history database', ask: () => historyDb.watermark(0), clock, log }),
    );
    const http = scope.use(
      await createHttpHost({
        host: settings.httpHost,
        port: settings.httpPort,
        drainMs: settings.drainMs,
        server,
        api: materializeApi({ desk, isAdmin: createAdminCheck(settings.adminToken) }),
        clock,
        log,
        metrics,
        notReady,
      }),
    );
    log.info({ http: http.address }, 'materialize listens');
    return {
      name: server,
      serverId: server,
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

function warnOf(log: Log, letters: readonly DeadLetter[]): void {
  for (const { partition, position, reason } of letters) {
    log.warn({ partition, ...position, reason }, 'a record is set aside as a dead letter: history goes on without it');
  }
}
