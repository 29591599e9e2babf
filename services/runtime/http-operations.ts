/**
 * What operators ask every server: does it live, is it ready (and why not), its metrics (loopback only).
 */
import { CecochatError } from '../core/errors.ts';
import type { HttpApp, HttpHostOptions } from './http.ts';
import { histogram } from './metrics.ts';

export function installOperations(app: HttpApp, options: HttpHostOptions): void {
  const { metrics, notReady, server } = options;
  const seconds = histogram(metrics, {
    name: 'cecochat_http_request_seconds',
    help: 'Time to answer HTTP requests, by server, route and status.',
    labelNames: ['server', 'route', 'status'],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? '(unknown)'}`;
    seconds.observe({ server, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const reasons = notReady();
    reply.code(reasons.length === 0 ? 200 : 503);
    return { ready: reasons.length === 0, reasons };
  });
  app.get('/metrics', async (request, reply) => {
    if (!isLoopback(request.socket.remoteAddress)) {
      throw new CecochatError('forbidden', 'metrics are for this machine only', {
        hint: 'ask from the machine itself, over 127.0.0.1',
      });
    }
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1$|(::ffff:)?127\.)/.test(address);
}
