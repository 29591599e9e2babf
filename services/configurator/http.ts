/**
 * The HTTP API of configurator, for the administrator.
 */
import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import type { ConfigChange, ConfigDb, ConfigSnapshot, ConfigValue } from '../config-db/config-db.ts';
import type { AdminCheck } from '../runtime/admin.ts';
import type { HttpApi, HttpApp } from '../runtime/http.ts';
import type { Configurator } from './configurator.ts';
import * as schema from './http-schemas.ts';
import { followChanges } from './watch-stream.ts';

const defaultLogEntries = 20;

export function configuratorApi(deps: {
  configurator: Configurator;
  configDb: ConfigDb;
  isAdmin: AdminCheck;
}): HttpApi {
  const { configurator, configDb, isAdmin } = deps;
  return {
    title: 'cecochat configurator',
    description: 'The dynamic configuration. A change is validated as a whole and applied as one step, or not at all.',
    routes(app, stopping) {
      const onRequest = async (request: { headers: IncomingHttpHeaders }): Promise<void> =>
        isAdmin(request.headers.authorization);
      app.get('/api/config', { onRequest, schema: schema.read }, async () => snapshotJson(await configurator.read()));
      app.put('/api/config', { onRequest, schema: schema.change }, async (request) => {
        const { author, expectedVersion, values } = request.body;
        const given = valuesOf(values);
        const { change, version, verdict } = await configurator.apply({ author, expectedVersion, values: given });
        return { version, change: change === undefined ? null : changeJson(change), warnings: verdict.warnings };
      });
      app.post('/api/config/validate', { onRequest, schema: schema.validate }, async (request) => {
        const verdict = await configurator.validate(valuesOf(request.body.values));
        return { valid: verdict.faults.length === 0, ...verdict };
      });
      app.get('/api/config/log', { onRequest, schema: schema.log }, async (request) => {
        const { limit } = request.query;
        const changes = await configurator.log(limit === undefined ? defaultLogEntries : Number(limit));
        return { changes: changes.map(changeJson) };
      });
      app.get('/api/servers', { onRequest, schema: schema.servers }, async () => ({
        servers: await configurator.servers(),
      }));
      app.post('/api/servers/spread', { onRequest, schema: schema.spread }, async (request) => {
        const { author, servers, leaving = [] } = request.body;
        return configurator.spread({ author, servers, leaving });
      });
      addWatch(app, { configDb, stopping, onRequest });
    },
  };
}

function addWatch(
  app: HttpApp,
  given: {
    configDb: ConfigDb;
    stopping: AbortSignal;
    onRequest: (request: { headers: IncomingHttpHeaders }) => Promise<void>;
  },
): void {
  const { configDb, stopping, onRequest } = given;
  app.get('/api/config/watch', { onRequest, schema: schema.watch }, async (request, reply) => {
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const changes = followChanges(configDb, AbortSignal.any([gone.signal, stopping]));
    reply.type('text/event-stream').header('cache-control', 'no-store');
    return reply.send(Readable.from(toEvents(changes)));
  });
}

/** Server-sent events: first the present configuration, then each change. */
async function* toEvents(
  changes: AsyncIterable<{ snapshot: ConfigSnapshot; changes: readonly ConfigChange[] }>,
): AsyncIterable<string> {
  let event = 'snapshot';
  for await (const { snapshot, changes: made } of changes) {
    const data = { ...snapshotJson(snapshot), changes: made.map(changeJson) };
    yield `event: ${event}\nid: ${snapshot.version}\ndata: ${JSON.stringify(data)}\n\n`;
    event = 'change';
  }
}

function valuesOf(values: Readonly<Record<string, unknown>>): ReadonlyMap<string, ConfigValue | undefined> {
  return new Map(Object.entries(values).map(([key, value]) => [key, asValue(value)]));
}

/** The schema has let only text, hashes of text and null pass. */
function asValue(value: unknown): ConfigValue | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
}

function snapshotJson({ version, values }: ConfigSnapshot) {
  return { version, values: Object.fromEntries(values) };
}

function changeJson({ version, atMs, author, entries }: ConfigChange) {
  const list = entries.map(({ key, before, after }) => ({ key, before: before ?? null, after: after ?? null }));
  return { version, atMs, author, entries: list };
}
