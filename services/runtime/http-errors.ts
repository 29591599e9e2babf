/**
 * Every way in which an HTTP request can fail, answered as problem details: thrown errors, schemas, unknown
 * paths and methods, and requests that are no HTTP.
 */
import type { ServerResponse } from 'node:http';
import { CecochatError } from '../core/errors.ts';
import { expectedHttpProblem } from './http-fault.ts';
import type { HttpApp } from './http.ts';
import { problemMediaType, toProblem, type Problem } from './http-problem.ts';
import type { Log } from './log.ts';

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  type(mediaType: string): Reply;
  send(body: unknown): Reply;
}

export function installErrorHandling(app: HttpApp, log: Log): void {
  const methods = collectMethods(app);
  app.setErrorHandler((error, request, reply) => {
    const problem = expectedHttpProblem(error);
    if (problem.code === 'internal') {
      log.error({ err: error, method: request.method, url: request.url }, 'a request failed unexpectedly');
    }
    sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = methods(path);
    if (allowed.length === 0) {
      sendProblem(reply, toProblem(new CecochatError('not.found', `there is nothing at ${path.slice(0, 200)}`)));
      return;
    }
    const detail = `${request.method} is not possible here; ${path} takes ${allowed.join(', ')}`;
    reply.header('allow', allowed.join(', '));
    sendProblem(reply, toProblem(new CecochatError('request.invalid', detail), 405));
  });
}

function sendProblem(reply: Reply, problem: Problem): void {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="cecochat"');
  const waitMs = problem.data?.['retryAfterMs'];
  if (waitMs !== undefined) reply.header('retry-after', String(Math.ceil(Number(waitMs) / 1000)));
  reply.code(problem.status).type(problemMediaType).send(problem);
}

/** For requests that fastify gives up before any route. */
export function writeProblem(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { 'content-type': problemMediaType });
  response.end(JSON.stringify(problem));
}

/** Which methods a path has, from the routes as they are added. */
function collectMethods(app: HttpApp): (path: string) => readonly string[] {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+').replace(/\*/g, '.*')}$`);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}

interface ClientSocket {
  readonly writable: boolean;
  end(text: string): unknown;
  destroy(): unknown;
}

export function answerNoHttp(_error: Error, socket: ClientSocket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(new CecochatError('request.invalid', 'this is no HTTP request that can be read'));
  const body = JSON.stringify(problem);
  const head = [
    'HTTP/1.1 400 Bad Request',
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
