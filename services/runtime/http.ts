/**
 * Hosts a server's HTTP: /healthz, /readyz, /metrics (loopback only) and, when it has an API, the API with
 * /openapi.json and Swagger UI at /docs. Every error is answered as problem details.
 */
import { fastify, type FastifyInstance, type FastifyTypeProvider, type RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import type { XStatic } from 'typebox/schema';
import { CecochatError } from '../core/errors.ts';
import type { Clock } from '../core/time/clock.ts';
import { answerNoHttp, installErrorHandling, writeProblem } from './http-errors.ts';
import { expectedHttpProblem } from './http-fault.ts';
import { installOpenApi } from './http-openapi.ts';
import { installOperations } from './http-operations.ts';
import { compileLazily } from './http-validation.ts';
import type { Log } from './log.ts';
import type { Registry } from './metrics.ts';

/** Types of bodies, parameters and queries follow from plain JSON schemas (`as const`), at no cost at run time. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends object ? XStatic<this['schema']> : unknown;
  readonly serializer: unknown;
}

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>;

export interface HttpApi {
  readonly title: string;
  readonly description: string;
  /** Adds the routes. Streams end when `stopping` aborts. */
  readonly routes: (app: HttpApp, stopping: AbortSignal) => void;
}

export interface HttpHostOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The label of this server in the metrics: "messaging-s1". */
  readonly server: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Registry;
  readonly notReady: () => readonly string[];
  readonly api?: HttpApi;
  /** Default 64 KiB. */
  readonly maxBodyBytes?: number;
  /** How long a stop waits for requests to end. Default 5 s. */
  readonly drainMs?: number;
}

export interface HttpHost extends AsyncDisposable {
  /** "http://127.0.0.1:7100" */
  readonly address: string;
}

const requestTimeoutMs = 30_000;

/** Listens when it resolves. Errors: port.busy, settings.invalid (an address that this machine does not have). */
export async function createHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const stopping = new AbortController();
  const app = fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes ?? 64 * 1024,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerNoHttp,
    frameworkErrors: (error, _request, reply) => writeProblem(reply.raw, expectedHttpProblem(error)),
  }).withTypeProvider<SchemaTypes>();
  app.setValidatorCompiler(compileLazily);
  installErrorHandling(app, options.log);
  installOperations(app, options);
  // A connection whose last request ends during a stop would stay open until its keep-alive time is over.
  app.addHook('onResponse', async () => {
    if (stopping.signal.aborted) setImmediate(() => app.server.closeIdleConnections());
  });
  if (options.api !== undefined) {
    installOpenApi(app, options.api);
    options.api.routes(app, stopping.signal);
  }
  await listen(app, options);
  return {
    address: addressOf(app, options.host),
    [Symbol.asyncDispose]: () => {
      stopping.abort();
      return close(app, options);
    },
  };
}

async function listen(app: HttpApp, { host, port }: HttpHostOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      const hint = 'stop what listens there, or choose another port (0 takes any free one)';
      const address = `${host}:${port}`;
      throw new CecochatError('port.busy', `${address} is already in use`, { cause, hint, data: { address } });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES') {
      throw new CecochatError('settings.invalid', `cannot listen on ${host}:${port}: ${code}`, { cause });
    }
    throw cause;
  }
}

function addressOf(app: HttpApp, host: string): string {
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function close(app: HttpApp, { clock, log, drainMs = 5_000 }: HttpHostOptions): Promise<void> {
  const limit = clock.after(drainMs, () => {
    log.warn({ drainMs }, 'requests were still open after the drain limit; ending them');
    app.server.closeAllConnections();
  });
  await app.close();
  limit.cancel();
}
