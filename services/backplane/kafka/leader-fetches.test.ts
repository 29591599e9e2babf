import { expect, test } from 'vitest';
import { systemClock, type Clock } from '../../core/time/clock.ts';
import { texts } from '../recorded-tail.contract.ts';
import type { StoredRecord } from '../backplane.ts';
import type { FetchAnswer } from './fetch-answer.ts';
import type { Lane } from './lane.ts';
import { createLeaderFetches } from './leader-fetches.ts';
import type { Fetched } from './leader-loop.ts';
import { batch } from './record-batch.fixture.ts';

interface FetchArgs {
  readonly sessionEpoch: number;
  readonly topics: readonly { readonly partitions: readonly { partition: number; fetchOffset: number }[] }[];
  readonly forgottenTopics: readonly { readonly partitions: readonly number[] }[];
}

interface Session {
  readonly offsets: Map<number, number>;
  answer: ((answer: FetchAnswer) => void) | undefined;
  polls: number;
}

/** A leader with fetch sessions, one for each connection; polls wait until something is appended, or are let go. */
function fakeLeader() {
  const logs = new Map<number, string[]>();
  const sessions: Session[] = [];
  const logOf = (partition: number): string[] => {
    const log = logs.get(partition) ?? [];
    logs.set(partition, log);
    return log;
  };
  const found = ({ offsets }: Session): FetchAnswer['partitions'] =>
    [...offsets].flatMap(([partition, offset]) => {
      const log = logOf(partition);
      if (offset >= log.length) return [];
      const bytes = batch({ base: offset, values: log.slice(offset) });
      return [{ partition, errorCode: 0, highWatermark: log.length, bytes }];
    });
  const answer = (session: Session, partitions = found(session)): void => {
    const waiting = session.answer;
    session.answer = undefined;
    waiting?.({ errorCode: 0, sessionId: 1, partitions });
  };
  const openLane = (): Lane => {
    const session: Session = { offsets: new Map(), answer: undefined, polls: 0 };
    sessions.push(session);
    const requestAs = (_api: string, args: unknown): Promise<FetchAnswer> => {
      const { sessionEpoch, topics, forgottenTopics } = args as FetchArgs;
      session.polls += 1;
      if (sessionEpoch === 0) session.offsets.clear();
      for (const { partitions } of topics)
        for (const { partition, fetchOffset } of partitions) session.offsets.set(partition, fetchOffset);
      for (const { partitions } of forgottenTopics)
        for (const partition of partitions) session.offsets.delete(partition);
      return new Promise((resolve) => {
        session.answer = resolve;
        const partitions = found(session);
        if (partitions.length > 0) answer(session, partitions);
      });
    };
    return { requestAs, drop: () => undefined } as unknown as Lane;
  };
  return {
    openLane,
    append(partition: number, ...values: string[]) {
      logOf(partition).push(...values);
      for (const session of sessions) if (found(session).length > 0) answer(session);
    },
    /** The partitions of the two sessions, that of the busy ones first. */
    held: () => sessions.map(({ offsets }) => [...offsets.keys()].toSorted((one, other) => one - other)),
    polls: () => sessions.map(({ polls }) => polls),
    /** Every poll that waits has waited for long enough. */
    endPolls() {
      for (const session of sessions) answer(session, []);
    },
  };
}

function openRig() {
  const leader = fakeLeader();
  let nowMs = 0;
  const ticks: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    every(_ms, work) {
      ticks.push(work);
      return { cancel: () => void ticks.splice(ticks.indexOf(work), 1) };
    },
  };
  const fetches = createLeaderFetches({
    cluster: { openLane: leader.openLane, refreshSoon: () => undefined },
    topic: 'chat',
    node: 1,
    clock,
    gatherMs: 0,
  });
  const got = new Map<number, StoredRecord[]>();
  const follow = (partition: number): Fetched => ({
    partition,
    next: 0,
    isPaused: false,
    deliver: (records) => void got.set(partition, [...(got.get(partition) ?? []), ...records]),
    refused: (code) => expect.unreachable(`refused with ${code}`),
    fail: (error) => expect.unreachable(String(error)),
  });
  return {
    leader,
    fetches,
    follow,
    textsOf: (partition: number) => texts(got.get(partition) ?? []),
    /** Seconds go by, with a poll and a look in each. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1000;
        for (const tick of ticks) tick();
        await turns();
        leader.endPolls();
        await turns();
      }
    },
    [Symbol.dispose]: () => fetches.stop(),
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('what is quiet leaves the session of the busy ones, and comes back with its next record, each record once', async () => {
  using rig = openRig();
  const { leader, fetches, follow } = rig;
  fetches.add(follow(1));
  fetches.add(follow(2));
  await rig.pass(4);
  leader.append(1, 'a');
  await rig.pass(3);
  expect(leader.held()).toEqual([[1], [2]]);
  leader.append(2, 'x');
  leader.append(2, 'y');
  await turns();
  expect(rig.textsOf(2)).toEqual(['x', 'y']);
  leader.append(1, 'b');
  leader.append(2, 'z');
  await rig.pass(1);
  expect(leader.held()).toEqual([[1, 2], []]);
  expect(rig.textsOf(1)).toEqual(['a', 'b']);
  expect(rig.textsOf(2)).toEqual(['x', 'y', 'z']);
  leader.append(2, 'at once');
  await turns();
  expect(rig.textsOf(2)).toEqual(['x', 'y', 'z', 'at once']);
});

test('a partition that is taken away is in neither session', async () => {
  using rig = openRig();
  const { leader, fetches, follow } = rig;
  const [one, other] = [follow(1), follow(2)];
  fetches.add(one);
  await rig.pass(6);
  fetches.add(other);
  await turns();
  fetches.remove(one);
  fetches.remove(other);
  await rig.pass(2);
  leader.append(1, 'a');
  leader.append(2, 'b');
  await rig.pass(1);
  expect(leader.held()).toEqual([[], []]);
  expect([...rig.textsOf(1), ...rig.textsOf(2)]).toEqual([]);
});

test('a partition that is taken away on its way between the sessions stays away', async () => {
  using rig = openRig();
  const { leader, fetches, follow } = rig;
  const one = follow(1);
  fetches.add(one);
  fetches.add(follow(2));
  await rig.pass(6);
  leader.append(1, 'a');
  fetches.remove(one);
  await rig.pass(2);
  leader.append(1, 'b');
  await rig.pass(1);
  expect(leader.held().flat()).toEqual([2]);
  expect(rig.textsOf(1)).not.toContain('b');
});
