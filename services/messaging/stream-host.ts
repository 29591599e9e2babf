/**
 * What all streams of a server share, and the pulse that writes their frames: streams with something to write are
 * written together once the present turn's work is done.
 */
import type { CecochatError } from '../core/errors.ts';
import type { Attention } from '../core/time/attention.ts';
import type { Clock } from '../core/time/clock.ts';
import type { Counters } from './counters.ts';
import type { Feeds } from './feeds.ts';

/** What the host needs of a stream. */
export interface HostedStream {
  flush(): void;
  check(nowMs: number): void;
  fail(error: CecochatError): void;
}

export interface StreamLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
}

export interface StreamHost {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly attention: Pick<Attention, 'attendedMs'>;
  readonly feeds: Feeds;
  readonly counters: Counters;
  readonly limits: StreamLimits;
  readonly streams: Set<HostedStream>;
  /** Flushes the stream after the present turn. */
  schedule(stream: HostedStream): void;
}

export function createStreamHost(deps: Omit<StreamHost, 'streams' | 'schedule'>): StreamHost {
  let waiting: HostedStream[] = [];
  const flushAll = (): void => {
    const streams = waiting;
    waiting = [];
    for (const stream of streams) stream.flush();
  };
  return {
    ...deps,
    streams: new Set(),
    schedule(stream) {
      if (waiting.push(stream) === 1) setImmediate(flushAll);
    },
  };
}

/** Ends what has run out; call it once a second. */
export function checkStreams(host: StreamHost): void {
  const nowMs = host.clock.nowMs();
  for (const stream of host.streams) stream.check(nowMs);
}

export function failStreams(host: StreamHost, error: CecochatError): void {
  for (const stream of host.streams) stream.fail(error);
}
