/**
 * One process of a messaging server: the real owner, with simulated time, readers and appends around it. It
 * can be killed between any two steps, stopped and continued.
 */
import { createFold, emptyState, type LogEntry } from '../../core/log/fold.ts';
import { createTakeOverChoice, startOfLog, walkKeys, type TakeOverStart } from '../../core/log/take-over.ts';
import { createMessageIds } from '../../core/message-id.ts';
import type { LogRecord, Position } from '../../core/log/record.ts';
import { randomInt } from '../../core/random.ts';
import { createOwner } from '../create-owner.ts';
import type { ConfirmCommand, FeedEntry, FoldStart, OwnerPorts, SendCommand } from '../owner.ts';
import type { World } from './sim-world.ts';

export interface Stream {
  deliver(entries: readonly FeedEntry[], incarnation: string): void;
  ended(): void;
}

export interface SimServer {
  readonly id: string;
  readonly alive: boolean;
  readonly paused: boolean;
  kill(): void;
  pause(): void;
  resume(): void;
  /** The client's call arrives after the network; answers come the same way, or never. */
  send(command: SendCommand): void;
  confirm(command: ConfirmCommand): void;
  listen(partition: number, after: number, stream: Stream): void;
  owns(partition: number): boolean;
}

/** Durable notes of generators: id time that was reserved. */
export type Reserved = Map<number, number>;

/** 2026-01-01T00:00:00Z: where simulated clocks start. */
export const startMs = 1_767_225_600_000;

interface Followed {
  position: number;
  owned: { fence: Position; tail: FeedEntry[]; streams: Set<Stream> } | undefined;
  releasing: boolean;
  reading: boolean;
}

export function createSimServer(world: World, id: string, reserved: Reserved): SimServer {
  const { scheduler, random, partitionCount, mutant } = world;
  const generator = id === 's1' ? 1 : 2;
  const fold = mutant.createFold ?? createFold;
  const skewMs = world.between(-5000, 5000);
  const followed = new Map<number, Followed>();
  const held: (() => void)[] = [];
  const lease = {};
  world.holders.set(id, lease);
  let alive = true;
  let paused = false;

  /** Runs in this process: not after a kill, and only after a stop. */
  function here(work: () => void): () => void {
    return () => {
      if (!alive) return;
      if (paused) held.push(here(work));
      else work();
    };
  }
  const later = (ms: number, work: () => void): void => scheduler.after(ms, here(work));
  const nowMs = (): number => startMs + scheduler.nowMs() + skewMs;

  const ids = createMessageIds({ generator, nowMs, startAboveMs: reserved.get(generator) ?? 0 });
  function reserve(): void {
    const until = ids.usedUpToMs() + 3000;
    reserved.set(generator, Math.max(until, reserved.get(generator) ?? 0));
    ids.reserve(until);
  }

  function logOf(partition: number): readonly LogEntry[] {
    return world.logs[partition] ?? [];
  }

  /** Any true Mark will do. */
  function startAtMost(partition: number, offset: number): FoldStart {
    const starts: FoldStart[] = [{ from: 0, state: emptyState }];
    for (const { record } of logOf(partition))
      if (record.kind === 'mark' && record.asOf <= offset) starts.push({ from: record.asOf, state: record.state });
    return starts[randomInt(random, starts.length)] ?? { from: 0, state: emptyState };
  }

  function takeOverStart(partition: number): TakeOverStart {
    const log = logOf(partition);
    const choice = createTakeOverChoice(nowMs());
    let below = log.length;
    for (let more = true; more && below > 0;) {
      const from = Math.max(0, below - 1 - randomInt(random, 40));
      more = choice.look(log.slice(from, below));
      below = from;
    }
    const { at, keysSinceMs } = choice.result();
    const end = log.length;
    if (at === undefined) return { ...startOfLog, end, keysSinceMs: Number.NEGATIVE_INFINITY };
    const walk = walkKeys(at, { keysSinceMs, oldestKnownMs: Number.NEGATIVE_INFINITY });
    let step = walk.next();
    while (step.done !== true) step = walk.next(log[step.value]?.record);
    const start = { ...step.value, end };
    return mutant.takeOver?.(start) ?? start;
  }

  function pump(partition: number): void {
    const one = followed.get(partition);
    if (one === undefined || one.reading || one.position >= logOf(partition).length) return;
    one.reading = true;
    later(world.between(0, 15), () => {
      one.reading = false;
      if (followed.get(partition) !== one) return;
      const upTo = one.position + 1 + randomInt(random, 30);
      const records = logOf(partition).slice(one.position, upTo);
      one.position += records.length;
      owner.records(partition, records);
      pump(partition);
    });
  }

  function trustAnswer(partition: number, records: readonly LogRecord[], base: number): void {
    const one = followed.get(partition);
    if (one === undefined || one.position !== base) return;
    one.position += records.length;
    owner.records(
      partition,
      records.map((record, index) => ({ offset: base + index, record })),
    );
  }

  const onTheWay = new Map<number, number>();
  const ports: OwnerPorts = {
    append(partition, records, flight) {
      const flying = (onTheWay.get(partition) ?? 0) + 1;
      onTheWay.set(partition, flying);
      if (flying > 1 && mutant.twoInFlight !== true)
        world.violations.push(`${id}: two appends in flight to ${partition}`);
      if (mutant.twoInFlight === true && flying < 2)
        later(0, () => owner.answered(partition, flight, { partition, baseOffset: 1_000_000 * flight }));
      world.append(partition, records, (answer) => {
        const arrive = here(() => {
          onTheWay.set(partition, (onTheWay.get(partition) ?? 1) - 1);
          if (mutant.trustsAnswers === true && 'baseOffset' in answer)
            trustAnswer(partition, records, answer.baseOffset);
          owner.answered(partition, flight, answer);
        });
        arrive();
      });
    },
    requestTerm(partition, above) {
      later(world.between(0, 20), () => owner.granted(partition, world.nextTerm(above)));
    },
    owned(partition, position) {
      world.say(`${id} owns ${partition} from ${position.offset}`);
      const one = followed.get(partition);
      if (one !== undefined) one.owned = { fence: position, tail: [], streams: new Set() };
    },
    ended(partition, why) {
      world.say(`${id} ends ${partition}: ${why}`);
      for (const stream of followed.get(partition)?.owned?.streams ?? []) later(1, () => stream.ended());
      followed.delete(partition);
    },
    feed(partition, incarnation, entries) {
      const owned = followed.get(partition)?.owned;
      if (owned === undefined) {
        world.violations.push(`${id}: a feed of ${partition} before it is owned`);
        return;
      }
      owned.tail.push(...entries);
      for (const stream of owned.streams) stream.deliver(entries, incarnation);
    },
    protect() {},
    reread(source, target, after) {
      later(world.between(1, 50), () => {
        const start = startAtMost(source, after + 1);
        const upTo = Math.max(start.from, after + 1) + 1 + randomInt(random, 50);
        owner.rederive({ ...start, source, target, after, records: logOf(source).slice(start.from, upTo) });
      });
    },
  };

  const owner = createOwner({
    server: id,
    partitionCount,
    clock: { nowMs, monotonicMs: () => scheduler.nowMs() },
    random,
    ids,
    encodeReceipt: ({ chatId, readerId, senderId, deliveredUpTo, seenUpTo }) =>
      Buffer.from(`${chatId}|${readerId}|${senderId}|${deliveredUpTo}|${seenUpTo}`),
    ports,
    defer: (work) => later(0, work),
    createFold: fold,
    // Small, so that a few messages make what takes thousands in production.
    markSizes: { mergedKeys: randomInt(random, 4), mostKeys: 16_384, records: 5 + randomInt(random, 40) },
  });

  /** Follows the assignment; the news of it, and of a lost lease, comes late. */
  function assign(): void {
    if (world.holders.get(id) !== lease) {
      for (const partition of followed.keys()) owner.end(partition, 'the lease is lost');
      return;
    }
    for (let partition = 0; partition < partitionCount; partition += 1) {
      const mine = world.assignment[partition] === id;
      const one = followed.get(partition);
      if (mine && one === undefined) {
        const start = takeOverStart(partition);
        followed.set(partition, { position: start.from, owned: undefined, releasing: false, reading: false });
        world.say(`${id} takes ${partition} over from ${start.from}`);
        owner.takeOver(partition, start);
      } else if (!mine && one !== undefined && !one.releasing) {
        one.releasing = true;
        owner.release(partition);
      }
      pump(partition);
    }
  }

  let nextAssign = 0;
  function tick(): void {
    const now = scheduler.nowMs();
    reserve();
    owner.tick();
    if (now >= nextAssign) {
      nextAssign = now + world.between(100, 1500);
      assign();
    }
  }
  function ticking(): void {
    tick();
    // Long after everything healed, coarse steps are enough.
    later(world.busy() ? 100 : 20_000, ticking);
  }
  world.onWrite((partition) => {
    if (alive && !paused) pump(partition);
  });
  reserve();
  later(world.between(0, 300), ticking);

  function replay(partition: number, after: number, upTo: number): FeedEntry[] {
    const start = startAtMost(partition, after + 1);
    const reader = fold(start.state, { partition, partitionCount });
    const entries: FeedEntry[] = [];
    for (const entry of logOf(partition).slice(start.from, upTo + 1)) {
      const { offset, record } = entry;
      if (reader.apply(entry) !== 'valid' || offset <= after) continue;
      if (record.kind === 'sent' || record.kind === 'confirmed') entries.push({ offset, record });
      else if (record.kind === 'received' || record.kind === 'receipt') entries.push({ offset, record });
    }
    return entries;
  }

  return {
    id,
    get alive() {
      return alive;
    },
    get paused() {
      return paused;
    },
    kill() {
      alive = false;
      world.say(`${id} is killed`);
    },
    pause() {
      paused = true;
      world.say(`${id} stops`);
    },
    resume() {
      paused = false;
      world.say(`${id} goes on`);
      for (const work of held.splice(0)) scheduler.after(1, work);
    },
    send: (command) => later(world.between(0, 10), () => owner.send(command)),
    confirm: (command) => later(world.between(0, 10), () => owner.confirm(command)),
    listen(partition, after, stream) {
      later(world.between(0, 10), () => {
        const owned = followed.get(partition)?.owned;
        if (owned === undefined) {
          stream.ended();
          return;
        }
        const old = after < owned.fence.offset ? replay(partition, after, owned.fence.offset) : [];
        stream.deliver([...old, ...owned.tail.filter(({ offset }) => offset > after)], owned.fence.incarnation);
        // A slow owner may not have read yet what the client already has.
        owned.streams.add({
          deliver: (entries, incarnation) =>
            stream.deliver(
              entries.filter(({ offset }) => offset > after),
              incarnation,
            ),
          ended: () => stream.ended(),
        });
      });
    },
    owns: (partition) => followed.get(partition)?.owned !== undefined,
  };
}
