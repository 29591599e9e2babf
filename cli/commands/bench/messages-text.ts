/**
 * What `bench messages` on embedded engines says, and what it shares with external ones.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { formatCount } from '../../output/units.ts';
import type { CommandResult } from '../command.ts';
import type { ChatFigures } from './chat-load.ts';
import type { FsyncTimes } from './fsync-probe.ts';
import { latencyLine, type Latencies, type LoadSummary } from './load-summary.ts';
import type { MessagesOptions } from './messages-options.ts';

export interface Measured {
  readonly floor: LoadSummary | undefined;
  readonly chat: ChatFigures;
  readonly fsync: FsyncTimes;
}

export interface Ratios {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export function presentMessages(options: MessagesOptions, { floor, chat, fsync }: Measured): CommandResult {
  const seconds = options.duration / 1000;
  const ratio = floor === undefined ? undefined : chat.perSecond / floor.perSecond;
  const mode =
    options.rate === undefined
      ? `closed loop: ${options.dialogs} dialogs, ${options.inFlight} messages in flight in each`
      : `open loop: ${formatCount(options.rate)} messages/s over ${options.dialogs} dialogs, latency from the intended send`;
  const text = [
    `${mode}, text of ${options.size} bytes, ${seconds} s after ${options.warmUp / 1000} s of warm-up`,
    `  messages      ${formatCount(chat.perSecond)}/s acknowledged as durable and delivered`,
    `  delivered     ${latencyLine(chat.delivery)}`,
    `  acknowledged  ${latencyLine(chat.acknowledgement)}`,
    ...(floor === undefined || ratio === undefined
      ? []
      : [
          `  floor         ${formatCount(floor.perSecond)}/s echoed by a bare stream, ${latencyLine(floor.delivery)}`,
          ...(options.rate === undefined ? [`  of the floor  ${(ratio * 100).toFixed(0)} %`] : []),
        ]),
    `  disk          fdatasync of 4 KiB: p50 ${fsync.p50Ms.toFixed(2)} ms, p99 ${fsync.p99Ms.toFixed(2)} ms`,
    `  CPU           server ${cores(chat.serverCpuMs, options)}, clients ${cores(chat.cpuMs, options)}`,
  ].join('\n');
  const fault = faultOf(chat);
  return {
    data: {
      backends: 'embedded',
      mode: options.rate === undefined ? 'closed' : 'open',
      ...optionsData(options),
      rate: options.rate ?? null,
      messagesPerSecond: chat.perSecond,
      messages: chat.completed,
      delivered: chat.delivery,
      acknowledged: chat.acknowledgement,
      appends: null,
      floor: floor === undefined ? null : { messagesPerSecond: floor.perSecond, latency: floor.delivery },
      ratioToFloor: ratio ?? null,
      ratios: floor === undefined ? null : ratiosOf(chat.delivery, floor.delivery),
      saturation: null,
      fsync,
      serverCpuMs: chat.serverCpuMs ?? null,
      clientCpuMs: chat.cpuMs,
      misplaced: chat.misplaced,
      faults: chat.faults,
    },
    text,
    ...(fault === undefined ? {} : { failure: new CecochatError('stack.unhealthy', fault) }),
  };
}

export function optionsData({ dialogs, inFlight, size, duration }: MessagesOptions) {
  return { dialogs, inFlight, textBytes: size, durationMs: duration };
}

/** How many times the floor's. */
export function ratiosOf(of: Latencies, floor: Latencies): Ratios {
  return { p50: of.p50 / floor.p50, p90: of.p90 / floor.p90, p99: of.p99 / floor.p99 };
}

/** CPU time within the measured time. */
export function cores(cpuMs: number | undefined, { duration }: MessagesOptions): string {
  return cpuMs === undefined ? 'unknown' : `${(cpuMs / duration).toFixed(2)} cores`;
}

export function faultOf({ faults, misplaced }: LoadSummary): string | undefined {
  return faults[0] ?? (misplaced > 0 ? `${misplaced} messages came out of place` : undefined);
}
