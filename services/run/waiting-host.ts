/**
 * What a server answers while it waits for its engines, at the port that will be its own: that it lives, and why it
 * is not ready. Otherwise nothing listens there, and "connection refused" is all that anybody learns.
 */
import type { Clock } from '../core/time/clock.ts';
import { createHttpHost, type HttpHost } from '../runtime/http.ts';
import type { Log } from '../runtime/log.ts';
import type { Registry } from '../runtime/metrics.ts';

export interface WaitingHost extends AsyncDisposable {
  /** An engine does not answer, for this reason. Listens from the first one on. Errors: port.busy, settings.invalid. */
  waitsFor(error: Error): Promise<void>;
}

export interface WaitingOptions {
  readonly host: string;
  /** 0: nobody could know where to ask, so nothing listens. */
  readonly port: number;
  readonly server: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Registry;
}

export function createWaitingHost(options: WaitingOptions): WaitingHost {
  let reason = '';
  let http: HttpHost | undefined;
  return {
    waitsFor: async (error) => {
      reason = `waits for an engine: ${error.message}`;
      if (options.port === 0) return;
      http ??= await createHttpHost({ ...options, notReady: () => [reason], drainMs: 0 });
    },
    [Symbol.asyncDispose]: async () => {
      await http?.[Symbol.asyncDispose]();
      http = undefined;
    },
  };
}
