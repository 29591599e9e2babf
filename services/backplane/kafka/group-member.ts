/**
 * A member of a Kafka consumer group, by the group protocol itself: joins, is given partitions, beats, and
 * gives everything back before it joins again, so that nobody gets a partition that is still worked on here.
 * A member that could not beat for the session's length gives up first: others may have its partitions.
 */
import { AssignerProtocol } from 'kafkajs';
import type { Clock } from '../../core/time/clock.ts';
import type { Cluster } from './cluster.ts';
import { codes, KafkaFault } from './kafka-faults.ts';
import type { Lane } from './lane.ts';

export interface GroupMemberOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partitionCount: number;
  readonly group: string;
  readonly clock: Clock;
  readonly warn: (fields: object, message: string) => void;
  /** These are this member's until `revoke`. */
  readonly assign: (partitions: readonly number[]) => void;
  /** Resolves when nothing is worked on any more. */
  readonly revoke: () => Promise<void>;
  /** Offsets done since the last call. */
  readonly progress: () => ReadonlyMap<number, number>;
}

export interface GroupMember extends AsyncDisposable {}

interface Generation {
  readonly id: number;
  readonly memberId: string;
  readonly partitions: readonly number[];
}

const sessionMs = 10_000;
const rebalanceMs = 60_000;
const heartbeatMs = 500;
const commitEveryBeats = 10;
const againMs = 200;
const newClusterMs = 15_000;
const strategy = 'cecochat-spread';

export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { cluster, topic, group, clock } = options;
  const leaving = new AbortController();
  let memberId = '';
  let coordinator: Lane | undefined;
  let isServing = false;

  const laneToCoordinator = async (): Promise<Lane> => {
    if (coordinator !== undefined) return coordinator;
    const lane = await cluster.anyLane();
    const found = await lane.request('GroupCoordinator', { groupId: group });
    if (found.errorCode !== codes.none) throw new KafkaFault(found.errorCode, `for the coordinator of group ${group}`);
    if (cluster.address(found.coordinator.nodeId) === undefined) await cluster.refresh();
    coordinator = cluster.openLane(found.coordinator.nodeId, sessionMs);
    return coordinator;
  };
  const forgetCoordinator = (): void => {
    coordinator?.drop('another coordinator is looked for');
    coordinator = undefined;
  };

  const join = async (): Promise<Generation> => {
    const lane = await laneToCoordinator();
    const metadata = AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [topic], userData: Buffer.alloc(0) });
    const ask = (id: string) =>
      lane.request('JoinGroup', {
        groupId: group,
        sessionTimeout: sessionMs,
        rebalanceTimeout: rebalanceMs,
        memberId: id,
        protocolType: 'consumer',
        groupProtocols: [{ name: strategy, metadata }],
      });
    let joined = await ask(memberId);
    if (joined.errorCode === codes.memberIdRequired) {
      memberId = joined.memberId;
      joined = await ask(memberId);
    }
    check(joined.errorCode, 'for joining');
    memberId = joined.memberId;
    const isLeader = joined.leaderId === memberId;
    const synced = await lane.request('SyncGroup', {
      groupId: group,
      generationId: joined.generationId,
      memberId,
      groupAssignment: isLeader ? spread(joined.members.map((of) => of.memberId)) : [],
    });
    check(synced.errorCode, 'for its share');
    const mine = AssignerProtocol.MemberAssignment.decode(synced.memberAssignment);
    return { id: joined.generationId, memberId, partitions: mine?.assignment[topic] ?? [] };
  };

  const spread = (members: readonly string[]): { memberId: string; memberAssignment: Buffer }[] => {
    const sorted = members.toSorted();
    const all = Array.from({ length: options.partitionCount }, (_, partition) => partition);
    return sorted.map((id, at) => ({
      memberId: id,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: { [topic]: all.filter((partition) => partition % sorted.length === at) },
        userData: Buffer.alloc(0),
      }),
    }));
  };

  const check = (code: number, what: string): void => {
    if (code === codes.none) return;
    if (code === codes.unknownMember || code === codes.illegalGeneration) memberId = '';
    throw new KafkaFault(code, `${what} in group ${group}`);
  };

  /** Beats until `stop`; calls `over` once when the generation has ended. */
  const beat = async (of: Generation, over: () => void, stop: AbortSignal): Promise<void> => {
    let heardMs = clock.monotonicMs();
    for (let beats = 1; !stop.aborted; beats++) {
      await clock.sleep(heartbeatMs, stop).catch(() => undefined);
      if (stop.aborted) return;
      try {
        const lane = await laneToCoordinator();
        const ids = { groupId: group, groupGenerationId: of.id, memberId: of.memberId };
        const { errorCode } = await lane.request('Heartbeat', ids);
        if (errorCode === codes.rebalanceInProgress) over();
        else check(errorCode, 'for a heartbeat');
        heardMs = clock.monotonicMs();
        if (beats % commitEveryBeats === 0) await commit(of);
      } catch (error) {
        if (error instanceof KafkaFault && isOutOfGroup(error.code)) over();
        else forgetCoordinator();
        if (clock.monotonicMs() - heardMs > sessionMs) over();
      }
    }
  };

  /** Kafka's place of the group is for people; where to go on is the handler's to say. */
  const commit = async (of: Generation): Promise<void> => {
    const offsets = [...options.progress()].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    if (offsets.length === 0) return;
    const lane = await laneToCoordinator();
    const ids = { groupId: group, groupGenerationId: of.id, memberId: of.memberId };
    await lane.request('OffsetCommit', { ...ids, topics: [{ topic, partitions: offsets }] });
  };

  const serve = async (of: Generation): Promise<void> => {
    const stop = new AbortController();
    let over = (): void => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    leaving.signal.addEventListener('abort', over, { once: true });
    if (leaving.signal.aborted) over();
    isServing = true;
    const beating = beat(of, over, stop.signal);
    options.assign(of.partitions);
    try {
      await ended;
    } finally {
      leaving.signal.removeEventListener('abort', over);
      await options.revoke();
      stop.abort(new Error('the generation is over'));
      await beating;
      isServing = false;
    }
    await commit(of).catch(() => undefined);
  };

  const run = async (): Promise<void> => {
    let isReported = false;
    const startedMs = clock.monotonicMs();
    while (!leaving.signal.aborted) {
      try {
        const generation = await join();
        isReported = false;
        await serve(generation);
      } catch (error) {
        if (leaving.signal.aborted) return;
        const isUsual =
          error instanceof KafkaFault && (isOutOfGroup(error.code) || error.code === codes.rebalanceInProgress);
        if (!isUsual) forgetCoordinator();
        // A cluster whose first group this is makes the place for its offsets first.
        const isNew = error instanceof KafkaFault && error.code === codes.noCoordinatorYet;
        const isFirst = clock.monotonicMs() - startedMs < newClusterMs;
        if (!isUsual && !isReported && !(isNew && isFirst)) {
          isReported = true;
          options.warn({ group, err: error }, 'the consumer group cannot be joined; it is tried again');
        }
        await clock.sleep(isUsual ? 0 : againMs, leaving.signal).catch(() => undefined);
      }
    }
  };
  const running = run();

  return {
    async [Symbol.asyncDispose]() {
      leaving.abort(new Error('the member leaves'));
      // A join that is under way may take a minute.
      if (!isServing) forgetCoordinator();
      await running;
      if (memberId !== '') {
        await laneToCoordinator()
          .then((lane) => lane.request('LeaveGroup', { groupId: group, memberId }))
          .catch(() => undefined);
      }
      forgetCoordinator();
    },
  };
}

function isOutOfGroup(code: number): boolean {
  return code === codes.unknownMember || code === codes.illegalGeneration;
}
