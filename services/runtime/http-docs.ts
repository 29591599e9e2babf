/**
 * The application behind /docs and /openapi.json: the API's routes, for their schemas only.
 */
import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import { fastify } from 'fastify';
import type { HttpApi, HttpApp, SchemaTypes } from './http.ts';

export async function createDocsApp(api: HttpApi): Promise<HttpApp> {
  const app = fastify({ logger: false, exposeHeadRoutes: false }).withTypeProvider<SchemaTypes>();
  app.setValidatorCompiler(() => () => true);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: api.title, description: api.description, version: '1' },
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', description: 'The access token of a session.' },
          adminToken: { type: 'http', scheme: 'bearer', description: "The stack's administration token." },
        },
      },
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true, transformStaticCSP: ownFilesOnly });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  // In a plugin of its own, so that the routes come after @fastify/swagger has hooked in.
  await app.register(async (scope: HttpApp) => api.routes(scope, new AbortController().signal));
  await app.ready();
  return app;
}

/** The package's policy lets other hosts in and asks for HTTPS, which a server without it cannot give. */
function ownFilesOnly(): string {
  return "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; object-src 'none'";
}
