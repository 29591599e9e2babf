/**
 * Consumer groups: Kafka spreads the partitions over the members, the handler says where each goes on, a tail
 * brings the records. The next batch of a partition comes when the last one is done; one that was rejected
 * comes again, after a pause.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import { untilDone } from '../../core/time/until-done.ts';
import type { GroupHandler, Tail } from '../backplane.ts';
import type { Cluster } from './cluster.ts';
import { createGroupMember } from './group-member.ts';
import type { Tails } from './tails.ts';

export interface Groups extends AsyncDisposable {
  join(group: string, handler: GroupHandler): Promise<AsyncDisposable>;
}

/** Before the handler is asked again where to start. */
const againMs = 50;

export interface GroupsOptions {
  readonly cluster: Cluster;
  readonly tails: Tails;
  readonly topic: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly warn: (fields: object, message: string) => void;
}

export function createGroups(options: GroupsOptions): Groups {
  const members = new Set<AsyncDisposable>();
  let closed = false;
  return {
    async join(group, handler) {
      if (closed) throw new CecochatError('engine.unavailable', 'the backplane is closed');
      const work = createGroupWork(options, handler);
      const member = createGroupMember({ ...options, ...work, group: `${options.topic}.${group}` });
      const membership: AsyncDisposable = {
        async [Symbol.asyncDispose]() {
          if (!members.delete(membership)) return;
          await member[Symbol.asyncDispose]();
          await work.tail[Symbol.asyncDispose]();
        },
      };
      members.add(membership);
      return membership;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.all([...members].map((member) => member[Symbol.asyncDispose]()));
    },
  };
}

interface GroupWork {
  readonly tail: Tail;
  assign(partitions: readonly number[]): void;
  revoke(): Promise<void>;
  progress(): ReadonlyMap<number, number>;
}

interface Holding {
  readonly partition: number;
  readonly stop: AbortController;
  /** Whatever of the handler's is under way for it. */
  working: Promise<unknown>;
}

/**
 * After a poll with records, until the next: a group's work can wait, and a poll that finds two records costs the
 * broker, this process and the history database about what one with a hundred costs.
 */
const gatherMs = 50;

function createGroupWork({ clock, tails }: GroupsOptions, handler: GroupHandler): GroupWork {
  const holdings = new Map<number, Holding>();
  let done = new Map<number, number>();

  const start = (of: Holding): void => {
    const { signal } = of.stop;
    of.working = untilDone(() => handler.assigned(of.partition), { clock, signal }).then((from) => {
      if (from !== undefined && !signal.aborted) tail.assign(of.partition, from);
    });
  };

  const tail = tails.open(
    {
      records(partition, records) {
        const of = holdings.get(partition);
        if (of === undefined) return undefined;
        const take = async (): Promise<void> => {
          await handler.records(partition, records);
          done.set(partition, (records.at(-1)?.offset ?? 0) + 1);
        };
        const work = untilDone(take, { clock, signal: of.stop.signal });
        of.working = work;
        return work;
      },
      // The log was cut above the place, or is at fault: the handler is asked again where to go on.
      failed(partition) {
        const of = holdings.get(partition);
        if (of === undefined) return;
        of.working = clock.sleep(againMs, of.stop.signal).then(
          () => start(of),
          () => undefined,
        );
      },
    },
    gatherMs,
  );

  const giveBack = async (of: Holding): Promise<void> => {
    of.stop.abort(new Error('the partition goes to another member'));
    tail.unassign(of.partition);
    await of.working;
    await handler.revoked(of.partition).catch(() => undefined);
  };

  return {
    tail,
    assign(partitions) {
      for (const partition of partitions) {
        const holding = { partition, stop: new AbortController(), working: Promise.resolve() };
        holdings.set(partition, holding);
        start(holding);
      }
    },
    async revoke() {
      const all = [...holdings.values()];
      holdings.clear();
      await Promise.all(all.map(giveBack));
    },
    progress() {
      const since = done;
      done = new Map();
      return since;
    },
  };
}
