/**
 * /openapi.json and Swagger UI at /docs, from the schemas of the routes; all files come from the package.
 * They are made by an application of their own at the first question: starting a server does not pay for them.
 */
import type { HttpApi, HttpApp } from './http.ts';

export interface ApiDocs extends AsyncDisposable {
  get(url: string): Promise<{ statusCode: number; headers: Readonly<Record<string, string>>; body: Buffer }>;
}

/** Answers with what `docs` has; closing the application closes it. */
export function installOpenApi(app: HttpApp, api: HttpApi): void {
  let docs: Promise<ApiDocs> | undefined;
  app.addHook('onClose', async () => (await docs)?.[Symbol.asyncDispose]());
  for (const url of ['/openapi.json', '/docs', '/docs/*']) {
    app.get(url, async (request, reply) => {
      docs ??= openDocs(api);
      const { statusCode, headers, body } = await (await docs).get(request.url);
      return reply.code(statusCode).headers(headers).send(body);
    });
  }
}

async function openDocs(api: HttpApi): Promise<ApiDocs> {
  const { createDocsApp } = await import('./http-docs.ts');
  const app = await createDocsApp(api);
  return {
    async get(url) {
      const { statusCode, headers, rawPayload } = await app.inject({ method: 'GET', url });
      const kept = Object.entries(headers).filter(([name]) => keptHeaders.has(name));
      const texts = kept.map(([name, value]) => [name, String(value)] as const);
      return { statusCode, headers: Object.fromEntries(texts), body: rawPayload };
    },
    [Symbol.asyncDispose]: async () => app.close(),
  };
}

const keptHeaders = new Set(['content-type', 'content-security-policy', 'cache-control', 'location', 'etag']);
