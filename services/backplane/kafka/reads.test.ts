import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import { texts } from '../recorded-tail.contract.ts';
import type { FetchAnswer } from './fetch-answer.ts';
import type { Lane } from './lane.ts';
import { createReads, latest } from './reads.ts';
import { batch } from './record-batch.fixture.ts';

const limits = { maxRecords: 10_000, maxBytes: 1 };

/**
 * A broker with one batch a partition. It answers as Kafka does since KIP-74: a batch that is larger than what may
 * come is left out, unless its partition is the first of the request that has something.
 */
function fakeBroker(logs: Readonly<Record<number, readonly string[]>>) {
  const requests: (readonly number[])[] = [];
  let shortOf = 0;
  let retries = 0;
  const fetch = (args: FetchArgs): FetchAnswer => {
    const asked = args.topics.flatMap(({ partitions }) => partitions);
    requests.push(asked.map(({ partition }) => partition));
    let isFirst = true;
    const partitions = asked.map(({ partition, fetchOffset, maxBytes }) => {
      const values = logs[partition] ?? [];
      const whole = fetchOffset < values.length ? batch({ base: 0, values }) : Buffer.of();
      const isShort = shortOf > 0 && whole.length > 0;
      if (isShort) shortOf -= 1;
      const bytes = isShort || (whole.length > maxBytes && !isFirst) ? Buffer.of() : whole;
      if (bytes.length > 0) isFirst = false;
      return { partition, errorCode: 0, highWatermark: isShort ? fetchOffset : values.length, bytes };
    });
    return { errorCode: 0, sessionId: 0, partitions };
  };
  const bounds = ({ topics }: OffsetArgs) => ({
    responses: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, timestamp }) => ({
        partition,
        errorCode: 0,
        offset: String(timestamp === latest ? (logs[partition]?.length ?? 0) : 0),
      })),
    })),
  });
  const lane = {
    request: (_api: string, args: unknown) => Promise.resolve(bounds(args as OffsetArgs)),
    requestAs: (_api: string, args: unknown) => Promise.resolve(fetch(args as FetchArgs)),
  } as unknown as Lane;
  const reads = createReads(
    {
      leader: () => 1,
      byLeader: (_topic, partitions) => new Map([[1, [...partitions]]]),
      lane: () => lane,
      async retrying(_what, work) {
        for (;;) {
          try {
            return await work();
          } catch {
            retries += 1;
            if (retries > 20) throw new Error('the broker is asked for ever');
          }
        }
      },
    },
    'chat',
    systemClock,
  );
  return {
    reads,
    requests,
    retries: () => retries,
    /** The next so many answers are as of a leader that does not know yet what is committed. */
    isShortOf: (answers: number) => (shortOf = answers),
  };
}

interface FetchArgs {
  readonly topics: readonly {
    readonly partitions: readonly { partition: number; fetchOffset: number; maxBytes: number }[];
  }[];
}

interface OffsetArgs {
  readonly topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: number }[] }[];
}

test('a batch larger than what is asked for comes whole, also when other partitions are read at the same time', async () => {
  const large = ['a'.repeat(50_000), 'b'.repeat(50_000)];
  const broker = fakeBroker({ 0: large, 1: ['small'], 2: large, 3: large });
  const found = await Promise.all([0, 1, 2, 3].map((partition) => broker.reads.read(partition, 0, limits)));
  expect(found.map(({ records }) => texts(records).map(([first]) => first))).toEqual([['a'], ['s'], ['a'], ['a']]);
  expect(broker.requests).toEqual([[0, 1, 2, 3], [2], [3]]);
  expect(broker.retries()).toBe(0);
});

test('a leader that does not know yet what is committed is asked again: its answer is not the end of the log', async () => {
  const broker = fakeBroker({ 0: ['a', 'b'] });
  broker.isShortOf(3);
  const { records, next } = await broker.reads.read(0, 0, { maxRecords: 10, maxBytes: 1000 });
  expect(texts(records)).toEqual(['a', 'b']);
  expect(next).toBe(2);
  expect(broker.retries()).toBe(1);
});

test('nothing at the end of the log is the end', async () => {
  const broker = fakeBroker({ 0: ['a', 'b'] });
  expect(await broker.reads.read(0, 2, limits)).toEqual({ records: [], next: 2 });
  expect(broker.requests).toEqual([[0]]);
});
