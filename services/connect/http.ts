/**
 * The HTTP API of connect.
 */
import type { Authenticator, Session } from '../runtime/auth.ts';
import type { HttpApi } from '../runtime/http.ts';
import type { Directions } from './connect.ts';

const schema = {
  summary: "The messaging server of the caller's partition, and the history server",
  tags: ['connect'],
  security: [{ accessToken: [] }],
} as const;

export function connectApi(auth: Authenticator, directions: (session: Session) => Directions): HttpApi {
  return {
    title: 'cecochat connect',
    description: 'Where a client finds its messaging server. Ask again after any answer with retry rule "refresh".',
    routes(app) {
      app.get('/api/connect', { schema }, async (request, reply) => {
        const session = await auth.authenticate(request.headers.authorization);
        reply.header('cache-control', 'no-store');
        return directions(session);
      });
    },
  };
}
