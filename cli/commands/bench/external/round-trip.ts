/**
 * The floor of latency: one bare kafkajs producer (acks -1) and one bare kafkajs consumer in this process. What
 * is due at the same time goes out in one call, and the consumer commits nothing: both only ever make it faster.
 */
import type { EachBatchPayload, Producer } from 'kafkajs';
import type { Clock } from '../../../../services/core/time/clock.ts';
import { createDeferred } from '../../../client/deferred.ts';
import type { Load, LoadResult } from '../orders.ts';
import { createLoadRun, type LaneMeter, type LoadRun } from '../windowed-load.ts';
import { createKafka, type KafkaAccess } from './kafka-client.ts';

export interface FloorPlace {
  readonly access: KafkaAccess;
  /** The floor's own topic, not the stack's. */
  readonly topic: string;
  readonly group: string;
  readonly partitionCount: number;
  /** Bytes of a record's value. */
  readonly recordBytes: number;
}

/** A long poll of the default 5 s is no different: it ends when something comes. */
const pollMs = 100;

/** `streams`: as many partitions take part as dialogs send in the stack. */
export async function runRoundTrip(request: {
  readonly place: FloorPlace;
  readonly streams: number;
  readonly load: Load;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<LoadResult> {
  const { place, streams, load, clock, signal } = request;
  const { topic, group, partitionCount } = place;
  const kafka = createKafka(place.access);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: pollMs, allowAutoTopicCreation: false });
  const run = createLoadRun(load, clock);
  const sent = createSends({ producer, run, place });
  for (let stream = 0; stream < streams; stream += 1) {
    const partition = Math.floor((stream * partitionCount) / streams) % partitionCount;
    run.add((meter) => ({ send: (count) => sent.add(partition, meter, count) }));
  }
  const joined = createDeferred<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  try {
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: async (payload) => sent.arrived(payload) });
    await joined.promise;
    return await run.run(signal);
  } finally {
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
  }
}

interface Sends {
  add(partition: number, meter: LaneMeter, count: number): void;
  arrived(payload: EachBatchPayload): void;
}

function createSends(given: { readonly producer: Producer; readonly run: LoadRun; readonly place: FloorPlace }): Sends {
  const { producer, run, place } = given;
  const value = Buffer.alloc(place.recordBytes, 'x');
  /** By partition: whose records have not come yet, in order. */
  const onTheirWay = new Map<number, LaneMeter[]>();
  let waiting: { readonly partition: number; readonly meter: LaneMeter }[] = [];

  const flush = (): void => {
    const sends = waiting;
    waiting = [];
    const messages = sends.map(({ partition }) => ({ partition, value }));
    producer.send({ topic: place.topic, acks: -1, messages }).then(
      () => {
        for (const { meter } of sends) meter.acknowledged();
      },
      (error: unknown) => run.fault(`the floor's producer failed: ${String(error)}`),
    );
  };

  return {
    add(partition, meter, count) {
      let meters = onTheirWay.get(partition);
      if (meters === undefined) onTheirWay.set(partition, (meters = []));
      if (waiting.length === 0) queueMicrotask(flush);
      for (let index = 0; index < count; index += 1) {
        meters.push(meter);
        waiting.push({ partition, meter });
      }
    },
    arrived({ batch }) {
      const meters = onTheirWay.get(batch.partition) ?? [];
      for (const meter of meters.splice(0, batch.messages.length)) meter.delivered();
    },
  };
}
