/**
 * How fast and how much at a time each client may send: a token bucket and a count of sends in flight, shared by
 * all streams and calls of the client, and kept only while it sends.
 */
import { CecochatError } from '../core/errors.ts';
import type { ClientId } from '../core/ids.ts';

export interface ClientLimits {
  readonly sendsPerSecond: number;
  readonly sendsBurst: number;
  readonly sendsInFlight: number;
}

export interface SendLimits {
  /** Takes one send's place until `done`. Error: send.limited. */
  take(client: ClientId, limits: ClientLimits): void;
  done(client: ClientId): void;
  /** Forgets clients at rest; call it now and then. */
  sweep(): void;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
  inFlight: number;
}

const restMs = 60_000;

export function createSendLimits(monotonicMs: () => number): SendLimits {
  const buckets = new Map<ClientId, Bucket>();
  return {
    take(client, limits) {
      const nowMs = monotonicMs();
      let bucket = buckets.get(client);
      if (bucket === undefined) {
        bucket = { tokens: limits.sendsBurst, filledAtMs: nowMs, inFlight: 0 };
        buckets.set(client, bucket);
      }
      const gained = ((nowMs - bucket.filledAtMs) * limits.sendsPerSecond) / 1000;
      bucket.tokens = Math.min(limits.sendsBurst, bucket.tokens + gained);
      bucket.filledAtMs = nowMs;
      if (bucket.inFlight >= limits.sendsInFlight) {
        throw new CecochatError('send.limited', `${limits.sendsInFlight} sends of this client are in flight already`, {
          hint: 'wait for acknowledgements before sending more',
        });
      }
      if (bucket.tokens < 1) {
        throw new CecochatError(
          'send.limited',
          `the client sends more than ${limits.sendsPerSecond} messages a second`,
          {
            hint: 'send again a little later',
            data: { retryAfterMs: String(Math.ceil(((1 - bucket.tokens) * 1000) / limits.sendsPerSecond)) },
          },
        );
      }
      bucket.tokens -= 1;
      bucket.inFlight += 1;
    },
    done(client) {
      const bucket = buckets.get(client);
      if (bucket !== undefined) bucket.inFlight -= 1;
    },
    sweep() {
      const before = monotonicMs() - restMs;
      for (const [client, bucket] of buckets) {
        if (bucket.inFlight === 0 && bucket.filledAtMs < before) buckets.delete(client);
      }
    },
  };
}
