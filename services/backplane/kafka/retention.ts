/**
 * Takes what is too old off the start of the partitions that are protected through this process, never a
 * record at or above the lowest protected offset, never the last one. Raises an alarm when Kafka's own
 * retention has been set to something that comes near to what is protected.
 */
import type { Clock } from '../../core/time/clock.ts';
import type { Cluster } from './cluster.ts';
import { codes } from './kafka-faults.ts';
import type { Protections } from './protections.ts';
import { earliest, latest, type Reads } from './reads.ts';
import { topicSettings } from './topic.ts';

export interface Retention extends AsyncDisposable {
  /** A whole pass that begins now or later. */
  pass(): Promise<void>;
}

export interface RetentionOptions {
  readonly cluster: Cluster;
  readonly reads: Reads;
  readonly protections: Protections;
  readonly topic: string;
  readonly retentionMs: number | undefined;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly warn: (fields: object, message: string) => void;
}

type Offsets = ReadonlyMap<number, number>;

export function createRetention(options: RetentionOptions): Retention {
  const { cluster, reads, protections, topic, clock, warn } = options;

  const look = async (): Promise<void> => {
    if (protections.mine().length === 0) return;
    const floors = await protections.floors();
    const partitions = [...floors.keys()];
    const starts = await reads.offsets(partitions, earliest);
    await alarm(floors, starts);
    if (options.retentionMs === undefined) return;
    const [kept, ends] = await Promise.all([
      reads.offsets(partitions, Math.floor(clock.nowMs() - options.retentionMs)),
      reads.offsets(partitions, latest),
    ]);
    const cuts = new Map<number, number>();
    for (const [partition, floor] of floors) {
      const end = ends.get(partition) ?? 0;
      const young = kept.get(partition) ?? 0;
      const cut = Math.min(young < 0 ? end : young, floor, end - 1);
      if (cut > (starts.get(partition) ?? 0)) cuts.set(partition, cut);
    }
    await remove(cuts);
  };

  const remove = async (cuts: Offsets): Promise<void> => {
    for (const [node, mine] of cluster.byLeader(topic, cuts.keys())) {
      const answer = await cluster.lane(node, 'control').request('DeleteRecords', {
        topics: [{ topic, partitions: mine.map((partition) => ({ partition, offset: cuts.get(partition) ?? 0 })) }],
        timeout: 3000,
      });
      const failed = answer.topics.flatMap((of) => of.partitions).filter((of) => of.errorCode !== codes.none);
      if (failed.length > 0) warn({ topic, failed }, 'old records could not be removed; it is tried again');
    }
  };

  /** Everything of cecochat's reads from protected offsets on: what lies there must not go by Kafka's own rules. */
  const alarm = async (floors: Offsets, starts: Offsets): Promise<void> => {
    const lost = [...floors].filter(([partition, floor]) => (starts.get(partition) ?? 0) > floor).map(([p]) => p);
    if (lost.length > 0) warn({ topic, partitions: lost }, 'records that are still needed were removed from the log');
    const settings = await topicSettings(cluster, topic);
    const limitMs = Number(settings?.get('retention.ms') ?? -1);
    const limitBytes = Number(settings?.get('retention.bytes') ?? -1);
    if (limitBytes >= 0)
      warn(
        { topic, retentionBytes: limitBytes },
        'Kafka removes by size what may be needed: set retention.bytes to -1',
      );
    if (limitMs < 0) return;
    const [young, ends] = await Promise.all([
      reads.offsets([...floors.keys()], Math.floor(clock.nowMs() - limitMs / 2)),
      reads.offsets([...floors.keys()], latest),
    ]);
    const near = [...floors].filter(([partition, floor]) => {
      const offset = young.get(partition) ?? 0;
      return floor < (ends.get(partition) ?? 0) && (offset < 0 || offset > floor);
    });
    if (near.length === 0) return;
    const fields = { topic, partitions: near.map(([partition]) => partition), retentionMs: limitMs };
    warn(fields, 'Kafka will soon remove records that are still needed: set retention.ms to -1');
  };

  let closed = false;
  let running: Promise<void> = Promise.resolve();
  const pass = (): Promise<void> => {
    const mine = running.then(() => (closed ? undefined : look()));
    running = mine.catch(() => undefined);
    return mine;
  };
  let isDue = true;
  const timer = clock.every(options.everyMs, () => {
    if (!isDue) return;
    isDue = false;
    pass()
      .catch((error: unknown) => warn({ topic, err: error }, 'a pass of retention failed; it is tried again'))
      .finally(() => {
        isDue = true;
      });
  });

  return {
    pass,
    async [Symbol.asyncDispose]() {
      closed = true;
      timer.cancel();
      await running;
    },
  };
}
