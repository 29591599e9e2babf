/**
 * The order of a take-over of many partitions: first those in use, which their server's users wait for, until they are
 * owned; then the others. A server's partitions are many and few of them are in use at a time, yet each costs reads,
 * a fence and its way through the log: together they are all ready as late as the last one.
 */
import type { Backplane } from '../backplane/backplane.ts';
import type { Clock } from '../core/time/clock.ts';
import { awaitedFirst } from './awaited-first.ts';
import { someAtOnce } from './some-at-once.ts';

export interface BusyFirst {
  readonly backplane: Pick<Backplane, 'active'>;
  /** Somebody waits for them. */
  readonly awaited: ReadonlySet<number>;
  /** A server is dead for longer than its lease before somebody takes over. */
  readonly leaseMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Begins the take-over of one; resolves when its log has been read. */
  readonly takeOver: (partition: number) => Promise<void>;
  /** Resolves when these are owned, or after a time. */
  readonly untilOwned: (partitions: readonly number[], longestMs: number) => Promise<void>;
}

/** What is written within this time before a server's death makes a partition one in use. */
const inUseMs = 2_000;
/** A broker that is away must not hold up what others have. */
const longestAskMs = 500;
const longestWaitMs = 1_500;
/** Their reads share requests to the engine; each may hold thousands of records. */
const takenAtOnce = 128;

/** Resolves when the logs of all have been read. */
export async function takeOverBusyFirst(partitions: readonly number[], deps: BusyFirst): Promise<void> {
  const { backplane, awaited, leaseMs, clock, takeOver } = deps;
  // Without an answer in time all are the same.
  const answer = backplane.active(partitions, leaseMs + inUseMs).catch(() => []);
  const busy = new Set(await Promise.race([answer, clock.sleep(longestAskMs).then(() => [])]));
  const isFirst = (partition: number): boolean => busy.has(partition) || awaited.has(partition);
  const first = partitions.filter(isFirst);
  const rest = partitions.filter((partition) => !isFirst(partition));
  await someAtOnce(awaitedFirst(first, awaited), takenAtOnce, takeOver);
  if (first.length > 0 && rest.length > 0) await deps.untilOwned(first, longestWaitMs);
  await someAtOnce(awaitedFirst(rest, awaited), takenAtOnce, takeOver);
}
