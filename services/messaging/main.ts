/**
 * Starts a messaging server: accepts sends and pushes feeds for the users whose partitions it owns.
 */
import { openConfigWatcher } from '../config-db/config-watcher.ts';
import { CecochatError } from '../core/errors.ts';
import { createScope } from '../core/lifecycle.ts';
import { watchAttention } from '../core/time/attention.ts';
import { createAuthenticator } from '../runtime/auth.ts';
import { createGrpcHost } from '../runtime/grpc.ts';
import { createGrpcHandlers } from '../runtime/grpc-handlers.ts';
import { createHttpHost } from '../runtime/http.ts';
import { counter, gauge, histogram, type Registry } from '../runtime/metrics.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { createChat } from './chat.ts';
import { createCounters } from './counters.ts';
import { createFeeds } from './feeds.ts';
import { foldStartFrom } from './fold-start.ts';
import { messagingServices } from './grpc.ts';
import { createIntake } from './intake.ts';
import { openMetrics, type MetricSinks } from './metrics.ts';
import { openPartitions, type Partitions } from './partitions.ts';
import { createSendLimits } from './send-limits.ts';
import type { MessagingSettings } from './settings.ts';
import { checkStreams, createStreamHost, failStreams } from './stream-host.ts';

const checkMs = 1_000;

/** Listens when it resolves; it is ready once its partitions are taken over. */
export async function startMessaging(context: ServerContext<MessagingSettings>): Promise<RunningServer> {
  const { settings, engines, clock, random, metrics: registry } = context;
  const { serverId } = settings;
  const server = `messaging-${serverId}`;
  const log = context.log.child({ server });
  const { backplane, configDb } = engines;
  const scope = createScope();
  const starting = new AbortController();
  let owned: Partitions | undefined;
  try {
    scope.defer(() => log.info({}, 'messaging stopped'));
    const config = scope.use(
      await openConfigWatcher({
        configDb,
        clock,
        changed: () => owned?.reconcile(),
        refused: (version, faults) => log.error({ version, faults }, 'the dynamic configuration is invalid; not used'),
      }),
    );
    const auth = scope.use(createAuthenticator({ jwksUrl: settings.jwksUrl, clock }));
    const counters = createCounters();
    const foldStart = foldStartFrom(backplane);
    const feeds = createFeeds({ backplane, foldStart, tailBytes: settings.tailBytes });
    const limits = { queueMessages: settings.clientQueueMessages, queueBytes: settings.clientQueueBytes };
    const host = createStreamHost({ clock, attention: scope.use(watchAttention(clock)), feeds, counters, limits });
    const { sinks, appended } = metricsOf(registry, server);
    const partitions = scope.use(
      await openPartitions(
        {
          serverId,
          instanceId: Buffer.from(random.bytes(16)).toString('hex'),
          leaseMs: settings.leaseMs,
          backplane,
          configDb,
          config: () => config.current(),
          clock,
          random,
          feeds,
          counters,
          appended,
          report: (level, fields, message) => log[level](fields, message),
        },
        starting.signal,
      ),
    );
    owned = partitions;
    partitions.reconcile();
    const present = () => ({
      connections: host.streams.size,
      ownedPartitions: partitions.ownedCount,
      tailBytes: feeds.tailBytes,
    });
    scope.use(openMetrics({ sinks, counters, clock, present }));
    const sendLimits = createSendLimits(() => clock.monotonicMs());
    const { sendsPerSecond, sendsBurst, sendsInFlight } = settings;
    const chat = createChat({
      serverId,
      host,
      owner: partitions.owner,
      sendLimits,
      defaultLimits: { sendsPerSecond, sendsBurst, sendsInFlight },
      ownedPartition: (user) => partitions.ownedPartition(user),
      verify: (token) => auth.verify(token),
    });
    const intake = createIntake({ clock, defer: (work) => void setImmediate(work) });
    const checks = clock.every(checkMs, () => {
      checkStreams(host);
      sendLimits.sweep();
    });
    scope.defer(() => checks.cancel());
    const grpc = scope.use(
      await createGrpcHost({
        host: settings.grpcHost,
        port: settings.grpcPort,
        services: messagingServices({ chat, intake, handlers: createGrpcHandlers({ auth, log }) }),
        clock,
        log,
        drainMs: settings.drainMs,
      }),
    );
    const notReady = (): readonly string[] => {
      const reasons = [...config.faults(), ...auth.notReady(), ...partitions.notReady()];
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
        metrics: registry,
        notReady,
      }),
    );
    // First: new calls are refused and streams end, so that nothing holds up the release of the partitions.
    scope.defer(async () => {
      const told = partitions.stop();
      grpc.setServing(false);
      failStreams(
        host,
        new CecochatError('server.stopping', `server ${serverId} is stopping`, { hint: 'ask connect again' }),
      );
      // A port that is refused before they know looks like death (configurator's death watch).
      await told;
    });
    log.info({ http: http.address, grpc: grpc.address }, 'messaging listens');
    return {
      name: 'messaging',
      serverId,
      httpAddress: http.address,
      grpcAddress: grpc.address,
      notReady,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    starting.abort();
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function metricsOf(registry: Registry, server: string): { sinks: MetricSinks; appended: (tookMs: number) => void } {
  const labelNames = ['server'] as const;
  const count = (name: string, help: string) => counter(registry, { name, help, labelNames });
  const measure = (name: string, help: string) => gauge(registry, { name, help, labelNames });
  const counters = {
    sends: count('cecochat_messaging_sends_total', 'Sends that clients asked for.'),
    acks: count('cecochat_messaging_acks_total', 'Sends that were acknowledged.'),
    repeats: count('cecochat_messaging_repeats_total', 'Sends with a key that was known.'),
    refusals: count('cecochat_messaging_refusals_total', 'Sends that were refused.'),
    deliveries: count('cecochat_messaging_deliveries_total', 'Events given to clients.'),
    slowConsumers: count('cecochat_messaging_slow_consumers_total', 'Streams ended because the client did not read.'),
    readBack: count('cecochat_messaging_records_read_back_total', 'Own records that came back as appended.'),
    decoded: count('cecochat_messaging_records_decoded_total', 'Records that were decoded.'),
  } as const;
  const gauges = {
    connections: measure('cecochat_messaging_streams', 'Open streams.'),
    ownedPartitions: measure('cecochat_messaging_owned_partitions', 'Partitions that accept sends here.'),
    tailBytes: measure('cecochat_messaging_tail_bytes', 'Memory of the latest messages.'),
  } as const;
  const took = histogram(registry, {
    name: 'cecochat_messaging_append_seconds',
    help: 'From an append to its answer.',
    labelNames,
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
  });
  return {
    sinks: {
      add: (name, amount) => counters[name].inc({ server }, amount),
      set: (name, value) => gauges[name].set({ server }, value),
    },
    appended: (tookMs) => took.observe({ server }, tookMs / 1000),
  };
}
