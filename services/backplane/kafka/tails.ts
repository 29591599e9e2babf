/**
 * Tails: explicit sets of partitions, each placed by offset. A partition is fetched from its leader and moves
 * with it; assigning one does not touch the others. Faults that Kafka mends are waited out; a log that begins
 * above the place, or ends below it for long, is told to the handler.
 */
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Tail, TailHandler } from '../backplane.ts';
import type { Cluster } from './cluster.ts';
import { createFollow, type Follow } from './follow.ts';
import { codes } from './kafka-faults.ts';
import { createLeaderFetches } from './leader-fetches.ts';
import type { LeaderFetches } from './leader-loop.ts';
import { expired, type Reads } from './reads.ts';

export interface Tails extends AsyncDisposable {
  /** `gatherMs`: of a busy log, for how long records gather before they are fetched; 0 when not given. */
  open(handler: TailHandler, gatherMs?: number): Tail;
}

interface OpenTail extends Tail {
  /** Leaders have changed. */
  place(): void;
}

interface Place {
  readonly follow: Follow;
  /** Whose loop fetches it; undefined while it waits. */
  node: number | undefined;
  shorterSinceMs: number | undefined;
}

const againMs = 100;
/** A new leader may know less of the log for a moment, never for so long. */
const shorterForMs = 30_000;
const shorterAgainMs = 500;

export interface TailsOptions {
  readonly cluster: Cluster;
  readonly reads: Reads;
  readonly topic: string;
  readonly clock: Clock;
}

export function createTails(options: TailsOptions): Tails {
  const tails = new Set<OpenTail>();
  options.cluster.onChange(() => {
    for (const tail of tails) tail.place();
  });
  return {
    open(handler, gatherMs = 0) {
      const tail: OpenTail = createTail({ ...options, gatherMs }, handler, () => tails.delete(tail));
      tails.add(tail);
      return tail;
    },
    async [Symbol.asyncDispose]() {
      for (const tail of tails) await tail[Symbol.asyncDispose]();
    },
  };
}

function createTail(
  options: TailsOptions & { readonly gatherMs: number },
  handler: TailHandler,
  closed: () => void,
): OpenTail {
  const { cluster, reads, topic, clock, gatherMs } = options;
  const places = new Map<number, Place>();
  /** For each broker that led something; without partitions they rest. */
  const loops = new Map<number, LeaderFetches>();
  const waiting = new Set<Place>();
  let isScheduled = false;

  const loopTo = (node: number): LeaderFetches => {
    let known = loops.get(node);
    if (known === undefined) loops.set(node, (known = createLeaderFetches({ cluster, topic, node, clock, gatherMs })));
    return known;
  };

  const detach = (of: Place): void => {
    waiting.delete(of);
    if (of.node === undefined) return;
    loops.get(of.node)?.remove(of.follow);
    of.node = undefined;
  };

  const attach = (of: Place): void => {
    const leader = cluster.leader(topic, of.follow.partition);
    if (of.node !== undefined && leader === of.node) return;
    if (leader === undefined) {
      // The old leader is as good as none.
      if (of.node === undefined) waitFor(of, againMs);
      return;
    }
    detach(of);
    of.node = leader;
    loopTo(leader).add(of.follow);
  };

  const waitFor = (of: Place, ms: number): void => {
    waiting.add(of);
    cluster.refreshSoon();
    if (isScheduled) return;
    isScheduled = true;
    clock.after(ms, () => {
      isScheduled = false;
      const due = Array.from(waiting);
      waiting.clear();
      for (const place of due) attach(place);
    });
  };

  const isHere = (of: Place): boolean => places.get(of.follow.partition) === of;

  const refused = (of: Place, code: number): void => {
    detach(of);
    if (code !== codes.offsetOutOfRange) {
      waitFor(of, againMs);
      return;
    }
    const { partition, next } = of.follow;
    reads.bounds(partition).then(
      ({ start, end }) => {
        if (!isHere(of)) return;
        if (next < start) of.follow.fail(expired(partition, next, start));
        else if (next <= end) waitFor(of, againMs);
        else shorter(of, end);
      },
      () => {
        if (isHere(of)) waitFor(of, shorterAgainMs);
      },
    );
  };

  const shorter = (of: Place, end: number): void => {
    const nowMs = clock.monotonicMs();
    of.shorterSinceMs ??= nowMs;
    if (nowMs - of.shorterSinceMs < shorterForMs) {
      waitFor(of, shorterAgainMs);
      return;
    }
    const { partition, next } = of.follow;
    of.follow.fail(
      new CecochatError('data.damaged', `partition ${partition} of ${topic} ends at ${end}, below offset ${next}`, {
        hint: 'acknowledged records are gone: was the topic made anew, or a replica elected that lacked them?',
      }),
    );
  };

  const tail: OpenTail = {
    assign(partition, from) {
      tail.unassign(partition);
      const follow = createFollow({
        partition,
        from,
        handler: {
          records(_partition, records) {
            of.shorterSinceMs = undefined;
            return handler.records(partition, records);
          },
          failed: (_partition, error) => handler.failed(partition, error),
        },
        changed(changed) {
          if (of.node !== undefined) loops.get(of.node)?.changed(changed);
        },
        refused: (_follow, code) => refused(of, code),
        ended() {
          detach(of);
          if (isHere(of)) places.delete(partition);
        },
      });
      const of: Place = { follow, node: undefined, shorterSinceMs: undefined };
      places.set(partition, of);
      attach(of);
    },
    unassign(partition) {
      const of = places.get(partition);
      if (of === undefined) return;
      places.delete(partition);
      of.follow.stop();
      detach(of);
    },
    place() {
      for (const of of places.values()) if (!waiting.has(of)) attach(of);
    },
    async [Symbol.asyncDispose]() {
      closed();
      for (const partition of places.keys()) tail.unassign(partition);
      for (const loop of loops.values()) loop.stop();
      loops.clear();
    },
  };
  return tail;
}
