/**
 * Appends to one topic. Each partition has a queue and at most one request on its way; what waits for the
 * same broker travels together, without a delay. An append resolves only when the broker's answer names its
 * partition, without error, above the previous offset. One whose outcome is unclear is rejected, and so is
 * everything behind it in its partition, so that whoever appends again does it in order.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Cancellable, Clock } from '../../core/time/clock.ts';
import type { AppendAnswer, AppendCounts } from '../backplane.ts';
import type { Cluster } from './cluster.ts';
import { isNotWritten, isTooLarge, KafkaFault, unavailable } from './kafka-faults.ts';
import type { Lane } from './lane.ts';
import { maxBatchBytes } from './topic.ts';

export interface AppendValue {
  readonly key?: Buffer | null;
  /** Null removes the key from a compacted topic. */
  readonly value: Buffer | null;
}

export interface Appends extends AsyncDisposable {
  append(partition: number, values: readonly AppendValue[]): Promise<AppendAnswer>;
  counts(): AppendCounts;
}

interface Call {
  readonly values: readonly AppendValue[];
  readonly bytes: number;
  readonly untilMs: number;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Queue {
  calls: Call[];
  isFlying: boolean;
  notBeforeMs: number;
  /** The highest offset that was confirmed. */
  lastOffset: number;
  /** Why the last attempt wrote nothing. */
  fault: unknown;
}

interface Flight {
  readonly node: number;
  readonly lane: Lane;
  readonly startedMs: number;
  readonly loads: ReadonlyMap<number, readonly Call[]>;
}

const lanesPerBroker = 2;
const batchBytes = 1024 * 1024;
const requestBytes = 16 * 1024 * 1024;
const overheadBytes = 32;
const againMs = 100;
const sweepMs = 250;
const lateMs = 1000;

export function createAppends(options: {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Appends {
  const { cluster, topic, clock, timeoutMs } = options;
  const queues = new Map<number, Queue>();
  const waiting = new Set<number>();
  const lanes = new Map<number, { readonly idle: Lane[]; readonly all: Lane[] }>();
  const flights = new Set<Flight>();
  const counts = { requests: 0, batches: 0, records: 0, bytes: 0 };
  let isScheduled = false;
  let sweeper: Cancellable | undefined;
  let again: Cancellable | undefined;
  let closed = false;

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      flush();
    });
  };

  const lanesTo = (node: number): { readonly idle: Lane[]; readonly all: Lane[] } => {
    let known = lanes.get(node);
    if (known === undefined) {
      const all = Array.from({ length: lanesPerBroker }, () => cluster.openLane(node, 2 * timeoutMs));
      lanes.set(node, (known = { idle: [...all], all }));
    }
    return known;
  };

  const flush = (): void => {
    const nowMs = clock.monotonicMs();
    const byLeader = new Map<number, number[]>();
    for (const partition of waiting) {
      if ((queues.get(partition)?.notBeforeMs ?? 0) > nowMs) continue;
      const leader = cluster.leader(topic, partition);
      if (leader === undefined) {
        pause(partition);
        continue;
      }
      const partitions = byLeader.get(leader);
      if (partitions === undefined) byLeader.set(leader, [partition]);
      else partitions.push(partition);
    }
    for (const [node, partitions] of byLeader) {
      const lane = lanesTo(node).idle.pop();
      if (lane !== undefined) void fly({ node, lane, startedMs: nowMs, loads: load(partitions) });
    }
    sweeper ??= clock.every(sweepMs, sweep);
  };

  const load = (partitions: readonly number[]): ReadonlyMap<number, readonly Call[]> => {
    const loads = new Map<number, readonly Call[]>();
    let total = 0;
    for (const partition of partitions) {
      const queue = queues.get(partition);
      if (queue === undefined || total > requestBytes) continue;
      let bytes = 0;
      let count = 0;
      for (const call of queue.calls) {
        if (count > 0 && bytes + call.bytes > batchBytes) break;
        bytes += call.bytes;
        count += 1;
      }
      total += bytes;
      queue.isFlying = true;
      waiting.delete(partition);
      loads.set(partition, queue.calls.splice(0, count));
    }
    return loads;
  };

  const fly = async (flight: Flight): Promise<void> => {
    const { node, lane, loads } = flight;
    flights.add(flight);
    try {
      try {
        await lane.connect();
      } catch (error) {
        for (const [partition, calls] of loads) putBack(partition, calls, error);
        return;
      }
      const data = [...loads].map(([partition, calls]) => ({
        partition,
        firstSequence: 0,
        messages: calls.flatMap((call) => call.values),
      }));
      const answer = await lane.request('Produce', {
        acks: -1,
        timeout: timeoutMs,
        topicData: [{ topic, partitions: data }],
      });
      const answered = new Map(
        answer.topics.find((of) => of.topicName === topic)?.partitions.map((of) => [of.partition, of]),
      );
      count(loads);
      for (const [partition, calls] of loads) settle(partition, calls, answered.get(partition));
    } catch (error) {
      for (const [partition, calls] of loads) fail(partition, calls, error);
    } finally {
      flights.delete(flight);
      lanes.get(node)?.idle.push(lane);
      if (waiting.size > 0) schedule();
    }
  };

  const count = (loads: Flight['loads']): void => {
    counts.requests += 1;
    counts.batches += loads.size;
    for (const calls of loads.values()) {
      for (const { values, bytes } of calls) {
        counts.records += values.length;
        counts.bytes += bytes - values.length * overheadBytes;
      }
    }
  };

  const settle = (
    partition: number,
    calls: readonly Call[],
    answer: { readonly errorCode: number; readonly baseOffset: string } | undefined,
  ): void => {
    const queue = queueOf(partition);
    const base = Number(answer?.baseOffset ?? -1);
    if (answer?.errorCode === 0 && base > queue.lastOffset) {
      let at = base;
      for (const call of calls) {
        call.resolve({ partition, baseOffset: at });
        at += call.values.length;
      }
      queue.lastOffset = at - 1;
      queue.fault = undefined;
      land(partition);
    } else if (answer !== undefined && isNotWritten(answer.errorCode)) {
      putBack(partition, calls, new KafkaFault(answer.errorCode, `for partition ${partition} of ${topic}`));
    } else if (answer === undefined) {
      fail(partition, calls, new Error(`the answer does not name partition ${partition}`));
    } else if (answer.errorCode === 0) {
      const fault = `offset ${base} was confirmed after ${queue.lastOffset}`;
      queue.lastOffset = -1;
      fail(partition, calls, new Error(fault));
    } else {
      fail(partition, calls, new KafkaFault(answer.errorCode, `for partition ${partition} of ${topic}`));
    }
  };

  const queueOf = (partition: number): Queue => {
    let queue = queues.get(partition);
    if (queue === undefined) {
      queues.set(partition, (queue = { calls: [], isFlying: false, notBeforeMs: 0, lastOffset: -1, fault: undefined }));
    }
    return queue;
  };

  const land = (partition: number): void => {
    const queue = queueOf(partition);
    queue.isFlying = false;
    if (queue.calls.length > 0) waiting.add(partition);
  };

  /** Nothing was written: they are still the first. */
  const putBack = (partition: number, calls: readonly Call[], fault: unknown): void => {
    const queue = queueOf(partition);
    queue.calls.unshift(...calls);
    queue.fault = fault;
    land(partition);
    pause(partition);
  };

  const pause = (partition: number): void => {
    queueOf(partition).notBeforeMs = clock.monotonicMs() + againMs;
    cluster.refreshSoon();
    again ??= clock.after(againMs + 1, () => {
      again = undefined;
      schedule();
    });
  };

  const fail = (partition: number, calls: readonly Call[], cause: unknown): void => {
    const queue = queueOf(partition);
    const all = [...calls, ...queue.calls];
    queue.calls = [];
    land(partition);
    waiting.delete(partition);
    cluster.refreshSoon();
    const isTooMuch = cause instanceof KafkaFault && isTooLarge(cause.code);
    const error = isTooMuch
      ? new CecochatError('request.too_large', `Kafka refuses an append to partition ${partition} for its size`, {
          cause,
        })
      : unavailable(`an append to partition ${partition} of topic ${topic} was not confirmed`, cause);
    for (const call of all) call.reject(error);
  };

  /** Looks after what is late; runs only while something is under way. */
  const sweep = (): void => {
    const nowMs = clock.monotonicMs();
    for (const flight of flights) {
      const ageMs = nowMs - flight.startedMs;
      if (ageMs > lateMs) cluster.refreshSoon();
      const hasMoved = [...flight.loads.keys()].some((p) => {
        const leader = cluster.leader(topic, p);
        return leader !== undefined && leader !== flight.node;
      });
      if (ageMs > timeoutMs || (ageMs > lateMs && hasMoved)) flight.lane.drop('an append is late');
    }
    for (const partition of waiting) {
      const queue = queues.get(partition);
      if (queue?.isFlying !== false || (queue.calls[0]?.untilMs ?? nowMs) >= nowMs) continue;
      fail(partition, [], queue.fault ?? new Error('no broker took it in time'));
    }
    if (waiting.size > 0 || flights.size > 0) return;
    sweeper?.cancel();
    sweeper = undefined;
  };

  cluster.onChange(() => {
    if (waiting.size > 0) schedule();
  });

  return {
    append(partition, values) {
      return new Promise((resolve, reject) => {
        let bytes = 0;
        for (const { key, value } of values) bytes += (value?.length ?? 0) + (key?.length ?? 0) + overheadBytes;
        if (bytes > maxBatchBytes) {
          reject(
            new CecochatError('request.too_large', `an append of ${bytes} bytes; at most ${maxBatchBytes} go at once`),
          );
          return;
        }
        if (closed) {
          reject(new CecochatError('engine.unavailable', 'the backplane is closed'));
          return;
        }
        const queue = queueOf(partition);
        queue.calls.push({ values, bytes, untilMs: clock.monotonicMs() + timeoutMs, resolve, reject });
        if (queue.isFlying) return;
        waiting.add(partition);
        schedule();
      });
    },
    counts: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      closed = true;
      const untilMs = clock.monotonicMs() + lateMs;
      while ((flights.size > 0 || waiting.size > 0) && clock.monotonicMs() < untilMs) await clock.sleep(10);
      for (const partition of waiting) fail(partition, [], new Error('the backplane is closed'));
      for (const { all } of lanes.values()) for (const lane of all) lane.drop('the backplane is closed');
      sweeper?.cancel();
      again?.cancel();
    },
  };
}
