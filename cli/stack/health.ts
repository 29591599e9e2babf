/**
 * Asks servers how they are: /readyz of each, at the same time; and what they measured.
 */
import { get } from 'node:http';
import { messageFrom } from '../../services/core/thrown.ts';
import type { StackServer } from './stack-files.ts';

export interface ServerHealth {
  readonly server: StackServer;
  readonly state: 'ready' | 'not ready' | 'unreachable';
  /** What keeps it from being ready, in words. */
  readonly reasons: readonly string[];
}

const answerLimitMs = 2000;

export function checkServers(servers: readonly StackServer[], signal: AbortSignal): Promise<ServerHealth[]> {
  return Promise.all(servers.map((server) => checkServer(server, signal)));
}

/** Never rejects but for the signal. */
export async function checkServer(server: StackServer, signal: AbortSignal): Promise<ServerHealth> {
  try {
    const { status, body } = await fetchText(`${server.httpAddress}/readyz`, signal);
    return status === 200
      ? { server, state: 'ready', reasons: [] }
      : { server, state: 'not ready', reasons: reasonsOf(body) };
  } catch (error) {
    signal.throwIfAborted();
    return { server, state: 'unreachable', reasons: [messageFrom(error)] };
  }
}

/** Rejects when it does not answer within two seconds, or with anything but its metrics. */
export async function fetchMetrics({ httpAddress }: StackServer, signal: AbortSignal): Promise<string> {
  const { status, body } = await fetchText(`${httpAddress}/metrics`, signal);
  if (status !== 200) throw new Error(`${httpAddress}/metrics answered ${status}`);
  return body;
}

function fetchText(url: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, agent: false, timeout: answerLimitMs }, (response) => {
      const parts: string[] = [];
      response.setEncoding('utf8');
      response.on('data', (part: string) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parts.join('') }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${answerLimitMs} ms`)));
    request.on('error', reject);
  });
}

function reasonsOf(body: string): string[] {
  try {
    const value: unknown = JSON.parse(body);
    for (const key of ['notReady', 'reasons']) {
      const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
      if (Array.isArray(found)) {
        return found.map(String);
      }
    }
  } catch {
    // Not JSON: its text is the reason.
  }
  return body.trim() === '' ? ['it does not say why'] : [body.trim().slice(0, 200)];
}
