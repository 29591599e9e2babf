/**
 * What every server promises to whoever runs it, and the context that their tests start them in.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScope } from '../core/lifecycle.ts';
import { systemRandom } from '../core/random.ts';
import { systemClock } from '../core/time/clock.ts';
import { openEngines } from './engines.ts';
import { createMetrics } from './metrics.ts';
import { createPinoLog } from './pino-log.ts';
import { allEngines, type RunningServer, type ServerContext } from './server.ts';

/** Embedded engines in a folder of their own, with eight partitions. */
export async function openTestContext(
  limits: { readonly historyRowBytes?: number } = {},
): Promise<Omit<ServerContext<never>, 'settings'> & AsyncDisposable> {
  const scope = createScope();
  const dataFolder = await mkdtemp(join(tmpdir(), 'cecochat-server-'));
  scope.defer(() => rm(dataFolder, { recursive: true }));
  const log = createPinoLog({ level: 'silent' });
  const clock = systemClock;
  const engines = scope.use(
    await openEngines({
      backend: 'embedded',
      ...limits,
      dataFolder,
      partitionCount: 8,
      clock,
      log,
      clientId: 'test',
      needs: allEngines,
    }),
  );
  return {
    engines,
    clock,
    random: systemRandom,
    log,
    metrics: createMetrics(),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

type Start = (context: Omit<ServerContext<never>, 'settings'>, httpPort: number) => Promise<RunningServer>;

/** `start` takes any free port for 0. */
export function describeServer(name: string, start: Start): void {
  test(`${name} answers health, readiness and metrics`, async () => {
    await using context = await openTestContext();
    await using server = await start(context, 0);
    expect((await fetch(`${server.httpAddress}/healthz`)).status).toBe(200);
    const ready = await fetch(`${server.httpAddress}/readyz`);
    expect([200, 503]).toContain(ready.status);
    expect(await ready.json()).toMatchObject({ ready: ready.status === 200 });
    expect(await (await fetch(`${server.httpAddress}/metrics`)).text()).toContain('cecochat_process_cpu');
  });

  test(`${name} frees its port when it is stopped, and refuses one that is taken`, async () => {
    await using context = await openTestContext();
    const port = await (async () => {
      await using server = await start(context, 0);
      const taken = Number(new URL(server.httpAddress).port);
      await expect(start(context, taken)).rejects.toMatchObject({ code: 'port.busy' });
      return taken;
    })();
    await using again = await start(context, port);
    expect((await fetch(`${again.httpAddress}/healthz`)).status).toBe(200);
  });
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One request with a JSON body, if any, and a bearer token, if any. */
export async function ask(
  url: string,
  given: { method?: string; token?: string; body?: unknown } = {},
): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (given.token !== undefined) headers['authorization'] = `Bearer ${given.token}`;
  if (given.body !== undefined) headers['content-type'] = 'application/json';
  const body = given.body === undefined ? {} : { body: JSON.stringify(given.body) };
  const response = await fetch(url, { method: given.method ?? 'GET', headers, ...body });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
