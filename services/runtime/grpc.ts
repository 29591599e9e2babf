/**
 * Hosts gRPC services: health, reflection, keep-alive, limits, and a stop that drains before it forces.
 * Handlers are made with grpc-handlers.ts, so that every call is authenticated and every error is mapped.
 */
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import { createHealthReporter } from './grpc-health.ts';
import { createReflection } from './grpc-reflection.ts';
import type { Log } from './log.ts';

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

export interface GrpcHostOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly services: readonly GrpcService[];
  readonly clock: Clock;
  readonly log: Log;
  /** Largest message that is accepted. Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** How long a stop waits for calls to end by themselves. Default 5 s. */
  readonly drainMs?: number;
}

export interface GrpcHost extends AsyncDisposable {
  /** "127.0.0.1:7110" */
  readonly address: string;
  /** For grpc.health.v1; false at first. */
  setServing(serving: boolean): void;
}

const keepAliveMs = 30_000;

/** Listens when it resolves. Errors: port.busy, settings.invalid (an address that this machine does not have). */
export async function createGrpcHost(options: GrpcHostOptions): Promise<GrpcHost> {
  const maxMessageBytes = options.maxMessageBytes ?? 1024 * 1024;
  const server = new Server({
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': keepAliveMs,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.enable_channelz': 0,
  });
  const names = options.services.map((service) => serviceName(service.definition));
  const health = createHealthReporter(names);
  const reflection = createReflection([...names, serviceName(health.definition)]);
  for (const service of options.services) server.addService(service.definition, service.handlers);
  server.addService(health.definition, health.handlers);
  for (const definition of reflection.definitions) server.addService(definition, { ...reflection.handlers });
  const port = await bind(server, options);
  let stopped: Promise<void> | undefined;
  return {
    address: `${options.host}:${port}`,
    setServing: (serving) => health.setServing(serving),
    [Symbol.asyncDispose]() {
      health.stop();
      stopped ??= drain(server, options);
      return stopped;
    },
  };
}

/** "/cecochat.v1.Send/SendMessage" → "cecochat.v1.Send" */
function serviceName(definition: ServiceDefinition): string {
  return Object.values(definition)[0]?.path.split('/')[1] ?? '';
}

function bind(server: Server, { host, port }: GrpcHostOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const literal = host.includes(':') ? `[${host}]` : host;
    server.bindAsync(`${literal}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindFault(error, `${host}:${port}`));
    });
  });
}

function bindFault(cause: Error, address: string): CecochatError {
  if (cause.message.includes('EADDRINUSE')) {
    const hint = 'stop what listens there, or choose another port (0 takes any free one)';
    return new CecochatError('port.busy', `${address} is already in use`, { cause, hint, data: { address } });
  }
  return new CecochatError('settings.invalid', `cannot listen on ${address}: ${cause.message}`, { cause });
}

const forcedMs = 500;

async function drain(server: Server, { clock, log, drainMs = 5_000 }: GrpcHostOptions): Promise<void> {
  const giveUp = new AbortController();
  const closed = new Promise<'closed'>((resolve) => {
    server.tryShutdown(() => resolve('closed'));
  });
  const limit = clock.sleep(drainMs, giveUp.signal).then(
    () => 'limit' as const,
    () => 'limit' as const,
  );
  if ((await Promise.race([closed, limit])) === 'limit') {
    log.warn({ drainMs }, 'calls were still open after the drain limit; ending them');
    server.forceShutdown();
    // grpc-js 1.14 loses its callback when a session is being destroyed as `tryShutdown` begins (Http2Session.close
    // does nothing then): a server waited for ever. What was forced is closed within a turn or two of the loop.
    await Promise.race([closed, clock.sleep(forcedMs, giveUp.signal)]);
  }
  giveUp.abort();
}
