import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { CecochatError } from '../core/errors.ts';
import { systemClock } from '../core/time/clock.ts';
import { createHttpHost, type HttpHost, type HttpHostOptions } from './http.ts';
import { createMetrics } from './metrics.ts';
import { createPinoLog } from './pino-log.ts';

const bodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { name: { type: 'string', maxLength: 5 }, age: { type: 'integer' } },
} as const;

function open(options: Partial<HttpHostOptions> = {}): Promise<HttpHost> {
  return createHttpHost({
    host: '127.0.0.1',
    port: 0,
    server: 'test',
    clock: systemClock,
    log: createPinoLog({ level: 'silent' }),
    metrics: createMetrics(),
    notReady: () => [],
    api: {
      title: 'Test',
      description: 'A test.',
      routes: (app) => {
        app.post('/things', { schema: { body: bodySchema } }, async (request) => request.body.name.toUpperCase());
        app.get('/expected', async () => {
          throw new CecochatError('login.limited', 'too many', { data: { retryAfterMs: '1500' } });
        });
        app.get('/bug', async () => {
          throw new Error('secret detail');
        });
      },
    },
    ...options,
  });
}

const post = (address: string, body: string, type = 'application/json') =>
  fetch(`${address}/things`, { method: 'POST', body, headers: { 'content-type': type } });

test('answers health, readiness with its reasons, and metrics', async () => {
  const reasons: string[] = ['the log is not read yet'];
  await using host = await open({ notReady: () => reasons });
  expect((await fetch(`${host.address}/healthz`)).status).toBe(200);
  const unready = await fetch(`${host.address}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({ ready: false, reasons });
  reasons.pop();
  expect((await fetch(`${host.address}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${host.address}/metrics`)).text();
  expect(metrics).toContain('cecochat_http_request_seconds_count{server="test",route="GET /readyz",status="503"} 1');
});

test('serves OpenAPI and Swagger UI from its own files', async () => {
  await using host = await open();
  const api = await (await fetch(`${host.address}/openapi.json`)).json();
  expect(api).toMatchObject({ openapi: '3.1.0', paths: { '/things': {}, '/expected': {}, '/bug': {} } });
  expect(api).not.toHaveProperty(['paths', '/healthz']);
  const page = await fetch(`${host.address}/docs/`);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('swagger-ui');
  expect(html).not.toMatch(/(src|href)="https?:/);
  expect(page.headers.get('content-security-policy')).not.toMatch(/https:|upgrade/);
});

test.each([
  ['an unknown path', (a: string) => fetch(`${a}/nowhere`), 404, 'not.found', 'there is nothing at /nowhere'],
  ['a wrong method', (a: string) => fetch(`${a}/things`), 405, 'request.invalid', '/things takes POST'],
  ['bad JSON', (a: string) => post(a, '{"name":'), 400, 'request.invalid', 'JSON'],
  ['an empty body', (a: string) => post(a, ''), 400, 'request.invalid', 'empty'],
  ['a body of another kind', (a: string) => post(a, 'x', 'text/csv'), 415, 'request.invalid', 'application/json'],
  ['a body that is too large', (a: string) => post(a, ' '.repeat(70_000)), 413, 'request.too_large', 'too large'],
  ['every fault of a body', (a: string) => post(a, '{"age":"1","x":1}'), 400, 'request.invalid', 'body.age'],
  ['a bad escape', (a: string) => fetch(`${a}/%zz`), 400, 'request.invalid', '%zz'],
  ['an expected error', (a: string) => fetch(`${a}/expected`), 429, 'login.limited', 'too many'],
  ['a bug, without its text', (a: string) => fetch(`${a}/bug`), 500, 'internal', 'the server failed'],
])('answers %s as problem details', async (...[, ask, status, code, detail]) => {
  await using host = await open();
  const response = await ask(host.address);
  const problem = await response.json();
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.status).toBe(status);
  expect(problem).toMatchObject({
    status,
    type: `urn:cecochat:error:${code}`,
    detail: expect.stringContaining(detail),
  });
  expect(JSON.stringify(problem)).not.toContain('secret');
});

test('names every fault at once', async () => {
  await using host = await open();
  const problem = await (await post(host.address, '{"age":"1","x":1}')).json();
  expect(problem).toMatchObject({
    data: { 'body.age': 'must be integer', 'body.name': 'is missing', 'body.x': 'is not known here' },
  });
});

test('says when to try again', async () => {
  await using host = await open();
  expect((await fetch(`${host.address}/expected`)).headers.get('retry-after')).toBe('2');
});

test('answers what is no HTTP as problem details', async () => {
  await using host = await open();
  const socket = connect(Number(new URL(host.address).port), '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"request\.invalid"/);
});

test('refuses a busy port with its name', async () => {
  await using host = await open();
  const port = Number(new URL(host.address).port);
  await expect(open({ port })).rejects.toMatchObject({ code: 'port.busy', data: { address: `127.0.0.1:${port}` } });
});
