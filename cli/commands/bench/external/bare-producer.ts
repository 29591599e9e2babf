/**
 * The floor of throughput: a bare kafkajs producer (acks -1) that does nothing but send batches of the size that
 * the stack's appends had, with as many requests on their way, one after the other.
 */
import type { Producer } from 'kafkajs';
import type { Clock } from '../../../../services/core/time/clock.ts';
import { createHistogram } from '../histogram.ts';
import type { Load, LoadResult } from '../orders.ts';
import { createKafka } from './kafka-client.ts';
import type { FloorPlace } from './round-trip.ts';

/** Of a mean request to one broker. */
export interface BatchShape {
  readonly records: number;
  /** Partitions that they go to. */
  readonly partitions: number;
}

/** As the stack's appends have them. */
const requestsPerBroker = 2;

export async function runBareProducer(request: {
  readonly place: FloorPlace;
  readonly shape: BatchShape;
  readonly load: Load;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<LoadResult> {
  const { place, shape, load, clock, signal } = request;
  const kafka = createKafka(place.access);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const histogram = createHistogram();
  const faults: string[] = [];
  let completed = 0;
  let used = { user: 0, system: 0 };
  try {
    await producer.connect();
    const leaders = await partitionsByLeader(kafka, place.topic);
    const fromMs = clock.monotonicMs() + load.warmUpMs;
    const toMs = fromMs + load.durationMs;
    const loop = async (batches: Batches): Promise<void> => {
      while (clock.monotonicMs() < toMs && faults.length === 0 && !signal.aborted) {
        const messages = batches.next();
        const startMs = clock.monotonicMs();
        await send(producer, { topic: place.topic, messages }, faults);
        const endMs = clock.monotonicMs();
        if (endMs < fromMs || endMs >= toMs) continue;
        completed += messages.length;
        histogram.record((endMs - startMs) * 1000);
      }
    };
    const loops = leaders.flatMap((partitions) => {
      const batches = createBatches({ partitions, shape, recordBytes: place.recordBytes });
      return Array.from({ length: requestsPerBroker }, () => loop(batches));
    });
    await clock.sleep(load.warmUpMs, signal);
    const before = process.cpuUsage();
    await Promise.all(loops);
    used = process.cpuUsage(before);
  } finally {
    await producer.disconnect();
  }
  signal.throwIfAborted();
  const latency = histogram.save();
  return {
    kind: 'result',
    completed,
    delivery: latency,
    acknowledgement: latency,
    misplaced: 0,
    faults,
    cpuMs: (used.user + used.system) / 1000,
  };
}

async function partitionsByLeader(kafka: ReturnType<typeof createKafka>, topic: string): Promise<number[][]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const byLeader = new Map<number, number[]>();
    for (const { leader, partitionId } of topics[0]?.partitions ?? []) {
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partitionId]);
    }
    return [...byLeader.values()];
  } finally {
    await admin.disconnect();
  }
}

async function send(
  producer: Producer,
  { topic, messages }: { topic: string; messages: { partition: number; value: Buffer }[] },
  faults: string[],
): Promise<void> {
  try {
    await producer.send({ topic, acks: -1, messages });
  } catch (error) {
    faults.push(`the floor's producer failed: ${String(error)}`);
  }
}

interface Batches {
  next(): { partition: number; value: Buffer }[];
}

/** Whole records and partitions whose means are those of the shape, over all partitions in turn. */
export function createBatches(given: {
  readonly partitions: readonly number[];
  readonly shape: BatchShape;
  readonly recordBytes: number;
}): Batches {
  const { partitions, shape } = given;
  const value = Buffer.alloc(given.recordBytes, 'x');
  let recordsOwed = 0;
  let partitionsOwed = 0;
  let turn = 0;
  return {
    next() {
      recordsOwed += Math.max(1, shape.records);
      partitionsOwed += Math.max(1, Math.min(shape.partitions, partitions.length));
      const records = Math.floor(recordsOwed);
      const width = Math.min(Math.floor(partitionsOwed), records);
      recordsOwed -= records;
      partitionsOwed -= Math.floor(partitionsOwed);
      const messages = Array.from({ length: records }, (_, index) => ({
        partition: partitions[(turn + (index % width)) % partitions.length] ?? 0,
        value,
      }));
      turn = (turn + width) % partitions.length;
      return messages;
    },
  };
}
