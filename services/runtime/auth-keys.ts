/**
 * Profile's public keys: fetched at once and until it works, then again when a token names an unknown key
 * (at most once in ten seconds) and every ten minutes. The last good set stays in use while profile is away.
 */
import { get as httpGet, type IncomingMessage } from 'node:http';
import type { JSONWebKeySet } from 'jose';
import { CecochatError } from '../core/errors.ts';
import { messageFrom } from '../core/thrown.ts';
import type { Clock } from '../core/time/clock.ts';

export interface KeyStore extends AsyncDisposable {
  /** Waits for the first fetch. Error: server.not_ready. */
  current(): Promise<JSONWebKeySet>;
  /** Fetched anew, unless that was done a moment ago. */
  refreshed(): Promise<JSONWebKeySet>;
  notReady(): readonly string[];
}

const refreshMs = 600_000;
const leastBetweenMs = 10_000;
const timeoutMs = 2_000;
const firstRetryMs = 25;
const maxRetryMs = 1_000;

export function createKeyStore({ jwksUrl, clock }: { jwksUrl: string; clock: Clock }): KeyStore {
  const stop = new AbortController();
  let known: JSONWebKeySet | undefined;
  let lastFault = 'not asked yet';
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  const fetchOnce = async (): Promise<void> => {
    fetchedAtMs = clock.monotonicMs();
    try {
      known = await fetchKeys(jwksUrl, stop.signal);
    } catch (error) {
      lastFault = messageFrom(error);
    }
  };
  const fetchShared = (): Promise<void> => {
    pending ??= fetchOnce().finally(() => (pending = undefined));
    return pending;
  };
  const loop = async (): Promise<void> => {
    for (let retryMs = firstRetryMs; !stop.signal.aborted; retryMs = Math.min(retryMs * 2, maxRetryMs)) {
      await fetchShared();
      await clock.sleep(known === undefined ? retryMs : refreshMs, stop.signal);
    }
  };
  const running = loop().catch(() => undefined);

  return {
    async current() {
      if (known === undefined) await fetchShared();
      if (known !== undefined) return known;
      throw new CecochatError('server.not_ready', `the session keys of ${jwksUrl} are not available: ${lastFault}`, {
        hint: 'wait until the profile server is up',
      });
    },
    async refreshed() {
      if (pending !== undefined || clock.monotonicMs() - fetchedAtMs >= leastBetweenMs) await fetchShared();
      return this.current();
    },
    notReady: () => (known === undefined ? [`the session keys of ${jwksUrl} are not available: ${lastFault}`] : []),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function fetchKeys(url: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const body = await getJson(url, signal);
  if (!isKeySet(body)) throw new Error('it answered with something that is no key set');
  return body;
}

/** By node:http, which is loaded anyway: the first use of fetch costs 40 ms. */
async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const get = url.startsWith('https:') ? (await import('node:https')).get : httpGet;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }, resolve).once('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  if (response.statusCode !== 200) throw new Error(`it answered ${response.statusCode}`);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
}
