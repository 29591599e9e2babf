/**
 * What `bench messages` is asked for, and the loads that it means.
 */
import type { EngineOptions } from '../../stack/engine-choice.ts';
import type { Load } from './orders.ts';

export interface MessagesOptions extends EngineOptions {
  readonly name: string;
  readonly throwAway?: boolean;
  readonly dialogs: number;
  readonly inFlight: number;
  readonly rate?: number;
  readonly size: number;
  readonly duration: number;
  readonly warmUp: number;
  readonly processes: number;
  readonly floor: boolean;
}

/** With a rate: more than this are not on their way in a dialog. */
const openLoopInFlight = 4_000;

/** As fast as answers come. */
export function closedLoop({ warmUp, duration, size, inFlight }: MessagesOptions): Load {
  return { warmUpMs: warmUp, durationMs: duration, textBytes: size, inFlight };
}

/** So many messages a second over all dialogs, whatever the answers. */
export function openLoop(options: MessagesOptions, rate: number): Load {
  return { ...closedLoop(options), inFlight: openLoopInFlight, rate };
}
