/**
 * Fetches followed partitions of one leader: one long poll after the other on a connection of its own, in a fetch
 * session, so that a poll carries what has changed and its answer what is new, however many partitions there are. The
 * next poll is on its way while an answer is handed over. What leaders are fetched with: leader-fetches.ts.
 */
import type { Clock } from '../../core/time/clock.ts';
import type { StoredRecord } from '../backplane.ts';
import type { Cluster } from './cluster.ts';
import { decodeBatches, decodeFetchAnswer, fetchVersion, type FetchAnswer } from './fetch-answer.ts';
import { codes } from './kafka-faults.ts';

/** One partition on its way through a loop. */
export interface Fetched {
  readonly partition: number;
  /** The offset to fetch from. */
  next: number;
  /** Left out of the polls for a while. */
  isPaused: boolean;
  /** Called in order; what it got is not fetched again. */
  readonly deliver: (records: readonly StoredRecord[]) => void;
  /** The broker answered with an error; the partition has left the loop. */
  readonly refused: (code: number) => void;
  /** What was fetched cannot be read; the partition has left the loop. */
  readonly fail: (error: unknown) => void;
}

/** What fetches partitions of one leader. */
export interface LeaderFetches {
  add(follow: Fetched): void;
  remove(follow: Fetched): void;
  /** `isPaused` changed. */
  changed(follow: Fetched): void;
  stop(): void;
}

const answerMs = 3000;
const partitionBytes = 512 * 1024;
const answerBytes = 8 * 1024 * 1024;
const againMs = 100;

export interface LeaderLoop extends LeaderFetches {
  /** `told`: once the broker knows of it, so that what comes is in an answer of this loop. */
  add(follow: Fetched, told?: () => void): void;
}

export interface LeaderLoopOptions {
  readonly cluster: Pick<Cluster, 'openLane' | 'refreshSoon'>;
  readonly topic: string;
  readonly node: number;
  readonly clock: Clock;
  /** After an answer with records, how long the next ones gather before they are asked for; 0: not at all. */
  readonly gatherMs: number;
}

export function createLeaderLoop(
  options: LeaderLoopOptions & {
    /** How long a poll waits for records. A partition that was just added waits for the end of the poll under way. */
    readonly pollMs: number;
    /** These got records in an answer, which are not handed over yet. */
    readonly arrived: (follows: readonly Fetched[]) => void;
  },
): LeaderLoop {
  const { cluster, topic, node, clock, gatherMs, pollMs } = options;
  const lane = cluster.openLane(node, answerMs);
  const follows = new Map<number, Fetched>();
  /** What the broker's session holds. An answer for another assignment of a partition is not for this one. */
  const told = new Map<number, Fetched>();
  const dirty = new Set<number>();
  const untold = new Map<number, () => void>();
  const stopping = new AbortController();
  let sessionId = 0;
  let epoch = 0;
  let wake: (() => void) | undefined;

  const forgetSession = (): void => {
    sessionId = 0;
    epoch = 0;
    told.clear();
    dirty.clear();
    for (const partition of follows.keys()) dirty.add(partition);
  };

  const poll = async (): Promise<FetchAnswer> => {
    const partitions = [];
    const forgotten: number[] = [];
    const news: (() => void)[] = [];
    for (const partition of dirty) {
      const follow = follows.get(partition);
      if (follow !== undefined && !follow.isPaused) {
        partitions.push({ partition, fetchOffset: follow.next, maxBytes: partitionBytes });
        told.set(partition, follow);
        const done = untold.get(partition);
        if (done !== undefined) news.push(done);
        untold.delete(partition);
      } else if (told.delete(partition)) forgotten.push(partition);
    }
    dirty.clear();
    const args = {
      isolationLevel: 0,
      sessionId,
      sessionEpoch: epoch,
      maxWaitTime: pollMs,
      minBytes: 1,
      maxBytes: answerBytes,
      topics: partitions.length === 0 ? [] : [{ topic, partitions }],
      forgottenTopics: forgotten.length === 0 ? [] : [{ topic, partitions: forgotten }],
    } as const;
    const answering = lane.requestAs('Fetch', args, { version: fetchVersion, decode: decodeFetchAnswer });
    for (const done of news) done();
    return answering;
  };

  /** Moves the places on; answers what is left to hand over. */
  const absorb = (answer: FetchAnswer): (() => void)[] => {
    const deliveries: (() => void)[] = [];
    const arrived: Fetched[] = [];
    for (const { partition, errorCode, bytes } of answer.partitions) {
      const follow = follows.get(partition);
      if (follow === undefined || told.get(partition) !== follow) continue;
      if (errorCode !== codes.none) {
        loop.remove(follow);
        deliveries.push(() => follow.refused(errorCode));
        continue;
      }
      if (bytes.length === 0) continue;
      try {
        const { records, next } = decodeBatches(bytes, follow.next);
        follow.next = next;
        dirty.add(partition);
        if (records.length === 0) continue;
        arrived.push(follow);
        deliveries.push(() => follow.deliver(records));
      } catch (error) {
        loop.remove(follow);
        deliveries.push(() => follow.fail(error));
      }
    }
    options.arrived(arrived);
    sessionId = answer.sessionId;
    // Without a session (the broker has too many) every poll is a full one.
    if (sessionId === 0) forgetSession();
    else epoch = epoch === 0x7fff_ffff ? 1 : epoch + 1;
    return deliveries;
  };

  const hasWork = (): boolean => told.size > 0 || [...dirty].some((p) => follows.get(p)?.isPaused === false);

  const idle = async (): Promise<void> => {
    while (!stopping.signal.aborted && !hasWork()) await new Promise<void>((resolve) => (wake = resolve));
  };

  const run = async (): Promise<void> => {
    let polling: Promise<FetchAnswer> | undefined;
    while (!stopping.signal.aborted) {
      try {
        await idle();
        if (stopping.signal.aborted) return;
        const answer = await (polling ?? poll());
        polling = undefined;
        if (answer.errorCode === codes.fetchSessionUnknown || answer.errorCode === codes.fetchSessionEpoch) {
          forgetSession();
          continue;
        }
        if (answer.errorCode !== codes.none) throw new Error(`Kafka answered a fetch with code ${answer.errorCode}`);
        const deliveries = absorb(answer);
        if (gatherMs === 0 && hasWork()) {
          polling = poll();
          polling.catch(() => undefined);
        }
        for (const deliver of deliveries) deliver();
        if (gatherMs > 0 && deliveries.length > 0) await clock.sleep(gatherMs, stopping.signal);
      } catch {
        if (stopping.signal.aborted) return;
        polling = undefined;
        lane.drop('a poll failed');
        forgetSession();
        cluster.refreshSoon();
        await clock.sleep(againMs, stopping.signal).catch(() => undefined);
      }
    }
  };

  const mark = (partition: number): void => {
    dirty.add(partition);
    wake?.();
    wake = undefined;
  };
  const loop: LeaderLoop = {
    add(follow, done) {
      follows.set(follow.partition, follow);
      if (done === undefined) untold.delete(follow.partition);
      else untold.set(follow.partition, done);
      mark(follow.partition);
    },
    remove(follow) {
      if (follows.get(follow.partition) !== follow) return;
      follows.delete(follow.partition);
      untold.delete(follow.partition);
      mark(follow.partition);
    },
    changed: ({ partition }) => mark(partition),
    stop() {
      stopping.abort(new Error('the tail is closed'));
      wake?.();
      lane.drop('the tail is closed');
    },
  };
  void run();
  return loop;
}
