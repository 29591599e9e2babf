/**
 * The HTTP API of profile: sessions for everybody, users for the administrator, a name for who has a session.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { AdminCheck } from '../runtime/admin.ts';
import type { HttpApi, HttpApp } from '../runtime/http.ts';
import { CecochatError } from '../core/errors.ts';
import { userNameRule } from '../core/user-name.ts';
import * as schema from './http-schemas.ts';
import type { Profile } from './profile.ts';
import { accessAudience } from './tokens.ts';

const defaultPage = 100;

export function profileApi(profile: Profile, isAdmin: AdminCheck): HttpApi {
  return {
    title: 'cecochat profile',
    description: `Users and sessions. Names are Unicode in NFC, in lower case: "Bob" and "bob" are one user. ${userNameRule}`,
    routes(app) {
      addSessionRoutes(app, profile);
      addLookup(app, profile);
      addAdministration(app, profile, isAdmin);
    },
  };
}

function addSessionRoutes(app: HttpApp, { sessions, tokens }: Profile): void {
  app.post('/api/session', { schema: schema.logIn }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return sessions.logIn({ ...request.body, remoteAddress: request.ip });
  });
  app.post('/api/session/refresh', { schema: schema.refresh }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return sessions.refresh(request.body.refreshToken);
  });
  app.get('/.well-known/jwks.json', { schema: schema.jwks }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=60');
    return tokens.jwks;
  });
}

function addLookup(app: HttpApp, { tokens, users }: Profile): void {
  const checkAccess = (authorization: string | undefined): void => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new CecochatError('unauthenticated', 'there is no access token in "authorization"', {
        hint: 'log in: POST /api/session',
      });
    }
    tokens.verify(token, accessAudience);
  };
  app.get('/api/users/by-name/:name', { schema: schema.lookup }, async (request) => {
    checkAccess(request.headers.authorization);
    const { userId, name } = await users.byName(request.params.name);
    return { userId, name };
  });
  app.get('/api/users/by-id/:userId', { schema: schema.lookupName }, async (request) => {
    checkAccess(request.headers.authorization);
    const { userId, name } = await users.byId(request.params.userId);
    return { userId, name };
  });
}

function addAdministration(app: HttpApp, { sessions, users }: Profile, isAdmin: AdminCheck): void {
  const onRequest = async (request: { headers: IncomingHttpHeaders }): Promise<void> =>
    isAdmin(request.headers.authorization);

  app.post('/api/users', { onRequest, schema: schema.addUser }, async (request, reply) => {
    reply.code(201).header('cache-control', 'no-store');
    return users.add(request.body);
  });
  app.get('/api/users', { onRequest, schema: schema.listUsers }, async (request) => {
    const { after, limit } = request.query;
    const query = { limit: limit === undefined ? defaultPage : Number(limit) };
    return users.list(after === undefined ? query : { ...query, after });
  });
  app.put('/api/users/:name/password', { onRequest, schema: schema.setPassword }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return users.setPassword(request.params.name, request.body.password);
  });
  app.delete('/api/users/:name', { onRequest, schema: schema.removeUser }, async (request, reply) => {
    await users.remove(request.params.name);
    return reply.code(204).send();
  });
  app.post('/api/admin/sessions', { onRequest, schema: schema.limitedSession }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return sessions.withLimits(request.body);
  });
  app.post('/api/admin/bench-sessions', { onRequest, schema: schema.benchSessions }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const { count, first = 1, limits } = request.body;
    return { sessions: await sessions.bench({ count, first, limits }) };
  });
}
