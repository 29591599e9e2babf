/**
 * Consumer groups within this process: partitions are spread evenly over a group's members and move when
 * members come and go. A partition is revoked from its old member, its last batch done, before the new one is asked.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import { untilDone } from '../../core/time/until-done.ts';
import type { GroupHandler, Tail, TailHandler } from '../backplane.ts';

export interface Groups extends AsyncDisposable {
  join(name: string, handler: GroupHandler): Promise<AsyncDisposable>;
}

interface Member {
  readonly handler: GroupHandler;
  readonly tail: Tail;
  /** Batches being worked on, by partition. */
  readonly working: (Promise<void> | undefined)[];
}

interface Group {
  readonly members: Member[];
  /** Who has each partition, and that partition's hand-overs one after the other. */
  readonly holders: (Holding | undefined)[];
  readonly moves: Promise<void>[];
}

interface Holding {
  readonly member: Member;
  readonly stop: AbortController;
}

/** Before the handler is asked again where to start. */
const againMs = 50;

export function createGroups(options: {
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly openTail: (handler: TailHandler) => Tail;
}): Groups {
  const groups = new Map<string, Group>();
  const { partitionCount, clock } = options;

  const rebalance = (group: Group): void => {
    for (let partition = 0; partition < partitionCount; partition++) {
      group.moves[partition] = (group.moves[partition] ?? Promise.resolve()).then(() => move(group, partition));
    }
  };

  const move = async (group: Group, partition: number): Promise<void> => {
    const wanted = group.members[partition % Math.max(1, group.members.length)];
    const holding = group.holders[partition];
    if (holding?.member === wanted) return;
    if (holding !== undefined) {
      group.holders[partition] = undefined;
      holding.stop.abort();
      const { member } = holding;
      member.tail.unassign(partition);
      await member.working[partition];
      await member.handler.revoked(partition).catch(() => undefined);
    }
    if (wanted === undefined) return;
    const stop = new AbortController();
    group.holders[partition] = { member: wanted, stop };
    void start(wanted, partition, stop.signal);
  };

  const start = async (member: Member, partition: number, signal: AbortSignal): Promise<void> => {
    const from = await untilDone(() => member.handler.assigned(partition), { clock, signal });
    if (from !== undefined && !signal.aborted) member.tail.assign(partition, from);
  };

  const join = (group: Group, handler: GroupHandler): Member => {
    const working: (Promise<void> | undefined)[] = [];
    const holding = (partition: number): Holding | undefined => {
      const held = group.holders[partition];
      return held?.member === member ? held : undefined;
    };
    const tail = options.openTail({
      records(partition, records) {
        const held = holding(partition);
        if (held === undefined) return undefined;
        const work = untilDone(() => handler.records(partition, records), { clock, signal: held.stop.signal }).then(
          () => {
            working[partition] = undefined;
          },
        );
        working[partition] = work;
        return work;
      },
      // The log was cut above the member's place, or it is at fault: ask it again where to start.
      failed(partition) {
        const held = holding(partition);
        if (held === undefined) return;
        void clock
          .sleep(againMs, held.stop.signal)
          .then(() => start(member, partition, held.stop.signal))
          .catch(() => undefined);
      },
    });
    const member: Member = { handler, tail, working };
    return member;
  };

  const leave = async (group: Group, member: Member): Promise<void> => {
    const at = group.members.indexOf(member);
    if (at < 0) return;
    group.members.splice(at, 1);
    rebalance(group);
    await Promise.all(group.moves);
    await member.tail[Symbol.asyncDispose]();
  };

  let closed = false;
  return {
    async join(name, handler) {
      if (closed) throw new CecochatError('engine.unavailable', 'the backplane is closed');
      let group = groups.get(name);
      if (group === undefined) groups.set(name, (group = { members: [], holders: [], moves: [] }));
      const joined = group;
      const member = join(joined, handler);
      joined.members.push(member);
      rebalance(joined);
      return { [Symbol.asyncDispose]: () => leave(joined, member) };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const group of groups.values()) {
        for (const member of group.members.slice()) await leave(group, member);
      }
    },
  };
}
