/**
 * Keeps dialogs busy: closed loop (so many messages in flight in each, the next as soon as one is done) or
 * open loop (at a fixed rate; a message's latency counts from when it should have been sent, so that a stall
 * is not hidden). Counts what is done within the measured time.
 */
import type { Clock } from '../../../services/core/time/clock.ts';
import { createHistogram } from './histogram.ts';
import type { Load, LoadResult } from './orders.ts';

/** One dialog as the load sees it: messages go out in order and are done in order. */
export interface Lane {
  /** Sends this many more. */
  send(count: number): void;
}

/** Of one lane: told by whoever runs it. */
export interface LaneMeter {
  acknowledged(): void;
  delivered(): void;
  /** After a frame was dealt with: time to send more. */
  pump(): void;
}

export interface LoadRun {
  /** Adds a lane; its meter is told what becomes of what it sends. */
  add(open: (meter: LaneMeter) => Lane): void;
  fault(text: string): void;
  misplaced(): void;
  run(signal: AbortSignal): Promise<LoadResult>;
}

const ringSize = 4096;
const drainMs = 10_000;
const mostFaults = 10;

export function createLoadRun(load: Load, clock: Clock): LoadRun {
  const delivery = createHistogram();
  const acknowledgement = createHistogram();
  const faults: string[] = [];
  const states: LaneState[] = [];
  let misplaced = 0;
  let completed = 0;
  let measureFromMs = Number.POSITIVE_INFINITY;
  let measureToMs = Number.POSITIVE_INFINITY;
  let sending = false;

  interface LaneState {
    lane: Lane;
    sent: number;
    acknowledged: number;
    delivered: number;
    /** When the message of that number was, or should have been, sent. */
    readonly times: Float64Array;
    nextDueMs: number;
  }
  const done = (state: LaneState): number => Math.min(state.acknowledged, state.delivered);
  const note = (state: LaneState, number: number, histogram: typeof delivery): void => {
    const nowMs = clock.monotonicMs();
    const sentMs = state.times[number % ringSize] ?? 0;
    if (sentMs >= measureFromMs && sentMs < measureToMs) histogram.record((nowMs - sentMs) * 1000);
  };
  const send = (state: LaneState, count: number): void => {
    if (count <= 0) return;
    const nowMs = clock.monotonicMs();
    for (let index = 0; index < count; index += 1) state.times[(state.sent + index) % ringSize] = nowMs;
    state.sent += count;
    state.lane.send(count);
  };
  const complete = (state: LaneState, before: number): void => {
    const more = done(state) - before;
    if (more <= 0) return;
    const nowMs = clock.monotonicMs();
    if (nowMs >= measureFromMs && nowMs < measureToMs) completed += more;
  };

  const sendDue = (periodMs: number): void => {
    const nowMs = clock.monotonicMs();
    for (const state of states) {
      let count = 0;
      while (state.nextDueMs <= nowMs && state.sent + count - done(state) < load.inFlight) {
        state.times[(state.sent + count) % ringSize] = state.nextDueMs;
        state.nextDueMs += periodMs;
        count += 1;
      }
      if (count === 0) continue;
      state.sent += count;
      state.lane.send(count);
    }
  };

  return {
    add(open) {
      const state: LaneState = {
        lane: { send: () => undefined },
        sent: 0,
        acknowledged: 0,
        delivered: 0,
        times: new Float64Array(ringSize),
        nextDueMs: 0,
      };
      state.lane = open({
        acknowledged() {
          const before = done(state);
          note(state, state.acknowledged, acknowledgement);
          state.acknowledged += 1;
          complete(state, before);
        },
        delivered() {
          const before = done(state);
          note(state, state.delivered, delivery);
          state.delivered += 1;
          complete(state, before);
        },
        pump() {
          if (sending && load.rate === undefined) send(state, load.inFlight - (state.sent - done(state)));
        },
      });
      states.push(state);
    },
    fault(text) {
      if (faults.length < mostFaults) faults.push(text);
    },
    misplaced() {
      misplaced += 1;
    },
    async run(signal) {
      const startMs = clock.monotonicMs();
      measureFromMs = startMs + load.warmUpMs;
      measureToMs = measureFromMs + load.durationMs;
      sending = true;
      const periodMs = load.rate === undefined ? 0 : (states.length * 1000) / load.rate;
      states.forEach((state, index) => {
        state.nextDueMs = startMs + (index / states.length) * periodMs;
      });
      const ticker = load.rate === undefined ? undefined : clock.every(1, () => sendDue(periodMs));
      if (load.rate === undefined) for (const state of states) send(state, load.inFlight);
      await clock.sleep(load.warmUpMs, signal);
      const before = process.cpuUsage();
      await clock.sleep(load.durationMs, signal);
      const used = process.cpuUsage(before);
      sending = false;
      ticker?.cancel();
      const endMs = clock.monotonicMs() + drainMs;
      while (states.some((state) => done(state) < state.sent) && faults.length === 0) {
        if (clock.monotonicMs() > endMs) {
          const missing = states.reduce((sum, state) => sum + state.sent - done(state), 0);
          faults.push(`${missing} messages were not acknowledged and delivered within ${drainMs / 1000} s`);
          break;
        }
        await clock.sleep(10, signal);
      }
      return {
        kind: 'result',
        completed,
        delivery: delivery.save(),
        acknowledgement: acknowledgement.save(),
        misplaced,
        faults,
        cpuMs: (used.user + used.system) / 1000,
      };
    },
  };
}
