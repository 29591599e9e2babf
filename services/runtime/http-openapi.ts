/**
 * /openapi.json and Swagger UI at /docs, from the schemas of the routes; all files come from the package.
 */
import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import type { HttpApi, HttpApp } from './http.ts';

export async function installOpenApi(app: HttpApp, api: HttpApi): Promise<void> {
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
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
