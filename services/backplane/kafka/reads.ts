/**
 * Bounds and reads of partitions, without waiting for records to come. An offset below the log's start gives
 * feed.expired; a leader that does not know yet how far its log is committed is asked again.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Bounds, ReadLimits } from '../backplane.ts';
import type { Cluster } from './cluster.ts';
import {
  decodeBatches,
  decodeFetchAnswer,
  fetchVersion,
  type DecodedBatches,
  type FetchedPartition,
  type KeyedRecord,
} from './fetch-answer.ts';
import { createGatherer } from './gather.ts';
import { codes, KafkaFault } from './kafka-faults.ts';

export interface Reads {
  bounds(partition: number): Promise<Bounds>;
  read(partition: number, from: number, limits: ReadLimits): Promise<DecodedBatches>;
  /** Per partition the first offset with that time or later (-1: none), or of `earliest` or `latest`. */
  offsets(partitions: readonly number[], timestamp: number): Promise<ReadonlyMap<number, number>>;
}

export const latest = -1;
export const earliest = -2;

const leastBytes = 64 * 1024;
const mostBytes = 4 * 1024 * 1024;
/** Of one request: less than what a broker answers at most (`fetch.max.bytes`, 55 MiB). */
const mostTogetherBytes = 32 * 1024 * 1024;
const guessedRecordBytes = 1024;

interface Fetch {
  readonly partition: number;
  readonly from: number;
  readonly maxBytes: number;
}

export function createReads(
  cluster: Pick<Cluster, 'leader' | 'byLeader' | 'lane' | 'retrying'>,
  topic: string,
  clock: Clock,
): Reads {
  const defer = (work: () => void): void => void setImmediate(work);
  const leaderOf = (partition: number): number => {
    const node = cluster.leader(topic, partition);
    if (node === undefined) throw new KafkaFault(codes.leaderNotAvailable, `for partition ${partition} of ${topic}`);
    return node;
  };

  const askOffsets = async (partitions: readonly number[], timestamp: number): Promise<ReadonlyMap<number, number>> => {
    const byLeader = cluster.byLeader(topic, partitions);
    const found = new Map<number, number>();
    await Promise.all(
      [...byLeader].map(async ([node, mine]) => {
        const answer = await cluster.lane(node, 'read').request('ListOffsets', {
          isolationLevel: 0,
          topics: [{ topic, partitions: mine.map((partition) => ({ partition, timestamp })) }],
        });
        for (const { partition, errorCode, offset } of answer.responses.flatMap((of) => of.partitions)) {
          if (errorCode !== codes.none)
            throw new KafkaFault(errorCode, `for the offsets of partition ${partition} of ${topic}`);
          found.set(partition, Number(offset));
        }
      }),
    );
    for (const partition of partitions)
      if (!found.has(partition)) throw new KafkaFault(codes.unknownTopic, `without partition ${partition} of ${topic}`);
    return found;
  };
  const offsets = (partitions: readonly number[], timestamp: number): Promise<ReadonlyMap<number, number>> =>
    cluster.retrying(`asking for offsets of topic ${topic}`, () => askOffsets(partitions, timestamp));

  const boundsAt = (timestamp: number) =>
    createGatherer<number, number>({
      async send(node, partitions) {
        const answer = await cluster.lane(node, 'read').request('ListOffsets', {
          isolationLevel: 0,
          topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
        });
        const found = new Map(answer.responses.flatMap((of) => of.partitions).map((of) => [of.partition, of]));
        return (partition) => {
          const { errorCode, offset } = found.get(partition) ?? { errorCode: codes.unknownTopic, offset: '0' };
          if (errorCode === codes.none) return Number(offset);
          throw new KafkaFault(errorCode, `for the offsets of partition ${partition} of ${topic}`);
        };
      },
      fits: (partitions, more) => !partitions.includes(more),
      defer,
      clock,
    });
  const starts = boundsAt(earliest);
  const ends = boundsAt(latest);
  const bounds = (partition: number): Promise<Bounds> =>
    cluster.retrying(`asking for the bounds of partition ${partition} of topic ${topic}`, async () => {
      const node = leaderOf(partition);
      const [start, end] = await Promise.all([starts.ask(node, partition), ends.ask(node, partition)]);
      return { start, end };
    });

  const fetch = async (node: number, asked: readonly Fetch[]): Promise<(of: Fetch) => FetchedPartition> => {
    const args = {
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      maxWaitTime: 0,
      minBytes: 0,
      // As much as all of them may have: an answer that is cut short looks like the end of a log.
      maxBytes: asked.reduce((sum, { maxBytes }) => sum + maxBytes, 0),
      topics: [
        {
          topic,
          partitions: asked.map(({ partition, from, maxBytes }) => ({ partition, fetchOffset: from, maxBytes })),
        },
      ],
      forgottenTopics: [],
    } as const;
    const lane = cluster.lane(node, 'read');
    const answer = await lane.requestAs('Fetch', args, { version: fetchVersion, decode: decodeFetchAnswer });
    const found = new Map(answer.partitions.map((of) => [of.partition, of]));
    return ({ partition }) => {
      const fetched = found.get(partition);
      const code = answer.errorCode === codes.none ? (fetched?.errorCode ?? codes.unknownTopic) : answer.errorCode;
      if (fetched === undefined || (code !== codes.none && code !== codes.offsetOutOfRange))
        throw new KafkaFault(code, `for reading partition ${partition} of ${topic}`);
      return fetched;
    };
  };
  const fetches = createGatherer<Fetch, FetchedPartition>({
    send: fetch,
    fits: (asked, more) =>
      asked.reduce((sum, { maxBytes }) => sum + maxBytes, more.maxBytes) <= mostTogetherBytes &&
      !asked.some(({ partition }) => partition === more.partition),
    defer,
    clock,
  });

  /**
   * Nothing in an answer is the end of the log only when the end is there. A batch larger than what was asked for is
   * left out, unless its partition is the first of the request (KIP-74): it comes when it is asked for alone. What a
   * leader answers right after its election may be short of what is committed: it is asked again.
   */
  const fetchFrom = (partition: number, from: number, maxBytes: number): Promise<FetchedPartition> =>
    cluster.retrying(`reading partition ${partition} of topic ${topic}`, async () => {
      const asked = { partition, from, maxBytes };
      const fetched = await fetches.ask(leaderOf(partition), asked);
      if (fetched.errorCode === codes.none && fetched.bytes.length > 0) return fetched;
      const { start, end } = await bounds(partition);
      if (from < start) throw expired(partition, from, start);
      if (from >= end) return { ...fetched, errorCode: codes.none, highWatermark: end };
      const alone = (await fetch(leaderOf(partition), [asked]))(asked);
      if (alone.errorCode === codes.none && alone.bytes.length > 0) return alone;
      throw new KafkaFault(codes.leaderNotAvailable, `nothing below the end of partition ${partition}`);
    });

  return {
    bounds,
    offsets,
    async read(partition, from, limits) {
      const records: KeyedRecord[] = [];
      let bytes = 0;
      let next = from;
      while (records.length < limits.maxRecords) {
        const wanted = Math.min(limits.maxBytes - bytes, (limits.maxRecords - records.length) * guessedRecordBytes);
        const fetched = await fetchFrom(partition, next, Math.min(Math.max(wanted, leastBytes), mostBytes));
        const batch = decodeBatches(fetched.bytes, next);
        for (const record of batch.records) {
          bytes += record.value.length;
          if (records.length > 0 && (bytes > limits.maxBytes || records.length === limits.maxRecords))
            return { records, next: record.offset };
          records.push(record);
        }
        const isDone = batch.next === next || batch.next >= fetched.highWatermark;
        next = batch.next;
        if (isDone) break;
      }
      return { records, next };
    },
  };
}

export function expired(partition: number, from: number, start: number): CecochatError {
  return new CecochatError('feed.expired', `partition ${partition} begins at offset ${start}; ${from} was removed`, {
    data: { partition: String(partition), start: String(start) },
  });
}
