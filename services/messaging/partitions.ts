/**
 * Keeps what the configuration gives to this server: takes partitions over, feeds the owner from the log, releases
 * what is to move, and stands down when the server's lease is lost. A partition that another living server still
 * holds is waited for. Stopping releases everything.
 */
import type { Backplane, Tail } from '../backplane/backplane.ts';
import type { ConfigDb } from '../config-db/config-db.ts';
import { serverOf, type DynamicConfig } from '../config-db/dynamic-config.ts';
import { formatRanges } from '../config-db/partition-ranges.ts';
import { CecochatError } from '../core/errors.ts';
import type { UserId } from '../core/ids.ts';
import { findTakeOverStart } from '../core/log/take-over.ts';
import { partitionOf } from '../core/partitioning.ts';
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import { encodeReceipt } from '../backplane/payloads.ts';
import { createChangeSignal } from './change-signal.ts';
import { takeOverBusyFirst } from './busy-first.ts';
import { openClaims, type Claims } from './claims.ts';
import type { Counters } from './counters.ts';
import { createOwner } from './create-owner.ts';
import { createEndedReport } from './ended-report.ts';
import type { Feeds } from './feeds.ts';
import { viewOf } from './fold-start.ts';
import { createLogPorts } from './log-ports.ts';
import { notOwnedError } from './not-owned-error.ts';
import type { Owner } from './owner.ts';

export interface PartitionsDependencies {
  readonly serverId: string;
  readonly instanceId: string;
  readonly leaseMs: number;
  readonly backplane: Backplane;
  readonly configDb: ConfigDb;
  readonly config: () => DynamicConfig | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly feeds: Feeds;
  readonly counters: Counters;
  readonly appended: (tookMs: number) => void;
  readonly report: (level: 'info' | 'warn', fields: object, message: string) => void;
}

export interface Partitions extends AsyncDisposable {
  readonly owner: Owner;
  /** The configuration changed. */
  reconcile(): void;
  /** The user's partition once it is owned. Errors: partition.not_owned, server.not_ready, server.stopping. */
  ownedPartition(user: UserId): Promise<number>;
  readonly ownedCount: number;
  notReady(): readonly string[];
  /** Accepts nothing new from now on. Resolves when the others know, or after a while in which they could not be told. */
  stop(): Promise<void>;
}

type Phase = 'starting' | 'taking' | 'owned' | 'releasing';

const tickMs = 100;
const againMs = 100;
const retakeMs = 1_000;
const mostWaitMs = 2_000;
const releaseMs = 4_000;
/** How long a stopping server keeps its port for the others to learn first that it leaves. */
const tellMs = 500;

/** Resolves when the server's id is this process's; take-overs follow. Error: the signal's reason. */
export async function openPartitions(deps: PartitionsDependencies, signal: AbortSignal): Promise<Partitions> {
  const { serverId, backplane, clock, feeds, report } = deps;
  const { partitionCount } = backplane;
  const phases = new Map<number, Phase>();
  /** When a partition that ended against the configuration may be taken again. */
  const notBeforeMs = new Map<number, number>();
  const changes = createChangeSignal(clock);
  let stopping = false;
  let dirty = false;
  let working: Promise<void> | undefined;
  /** Not owned yet, but somebody waits for them. */
  const awaited = new Set<number>();
  /** A log that does not answer must keep no other partition from being released or taken over. */
  const takingOver = new Set<Promise<void>>();

  /** When (monotonic) the take-overs that are not finished began. */
  let takingSinceMs: number | undefined;

  const isBeingTaken = (partition: number): boolean => {
    const phase = phases.get(partition);
    return phase === 'starting' || phase === 'taking';
  };
  const isTaking = (): boolean => {
    for (const partition of phases.keys()) if (isBeingTaken(partition)) return true;
    return false;
  };
  const reportTaken = (): void => {
    if (takingSinceMs === undefined || isTaking()) return;
    const tookMs = Math.round(clock.monotonicMs() - takingSinceMs);
    takingSinceMs = undefined;
    report('info', { partitions: phases.size, tookMs }, 'the partitions are taken over');
  };

  const reportEnded = createEndedReport(report);
  const ports = createLogPorts({
    ...deps,
    owner: () => owner,
    follows: (partition) => phases.has(partition),
    failed(partition, error) {
      report('warn', { partition, err: error }, 'a partition met a fault of an engine');
      owner.end(partition, 'an engine failed');
    },
  });

  const claims: Claims = await openClaims(
    {
      ...deps,
      partitionCount,
      ttlMs: deps.leaseMs,
      held: () => [...phases.keys()],
      lost(why) {
        report('warn', { why }, 'the lease is lost: standing down');
        for (const partition of phases.keys()) owner.end(partition, 'the lease of the server is lost');
      },
    },
    signal,
  );

  const ended = (partition: number, why: string): void => {
    awaited.delete(partition);
    if (!phases.delete(partition)) return;
    tail.unassign(partition);
    ports.forget(partition);
    feeds.close(partition, stopping ? { code: 'server.stopping', why } : { code: 'refresh', why });
    if (isAssigned(partition)) notBeforeMs.set(partition, clock.monotonicMs() + retakeMs);
    reportEnded(partition, why);
    changes.changed();
    reconcile();
  };

  const owner: Owner = createOwner({
    server: serverId,
    partitionCount,
    clock,
    random: deps.random,
    ids: claims.ids,
    encodeReceipt,
    defer: (work) => void setImmediate(work),
    ports: {
      ...ports,
      owned(partition, position) {
        if (!phases.has(partition)) return;
        phases.set(partition, 'owned');
        awaited.delete(partition);
        feeds.open(partition, position);
        changes.changed();
        reportTaken();
      },
      ended,
      feed: (partition, _incarnation, entries) => feeds.add(partition, entries),
    },
  });
  const tail: Tail = backplane.openTail({
    records: (partition, records) => owner.records(partition, ports.entries(partition, records)),
    failed(partition, error) {
      report('warn', { partition, err: error }, 'a partition cannot be followed');
      owner.end(partition, 'its log cannot be followed');
    },
  });
  const ticker = clock.every(tickMs, () => owner.tick());

  const assigned = (): readonly number[] => deps.config()?.serverPartitions.get(serverId) ?? [];
  const isAssigned = (partition: number): boolean => {
    const config = deps.config();
    return config !== undefined && serverOf(config, partition) === serverId;
  };

  const takeOver = async (partition: number): Promise<void> => {
    if (phases.get(partition) !== 'starting') return;
    try {
      const { entries, ...start } = await findTakeOverStart(viewOf(backplane, partition), clock.nowMs());
      if (phases.get(partition) !== 'starting') return;
      phases.set(partition, 'taking');
      owner.takeOver(partition, start);
      if (entries !== undefined && phases.has(partition)) owner.records(partition, entries);
      // It may have ended at once.
      if (phases.has(partition)) tail.assign(partition, entries === undefined ? start.from : start.end);
    } catch (error) {
      if (!phases.has(partition)) return;
      report('warn', { partition, err: error }, 'a partition cannot be taken over');
      ended(partition, 'its log cannot be read');
    }
  };

  const untilOwned = async (partitions: readonly number[], longestMs: number): Promise<void> => {
    const untilMs = clock.monotonicMs() + longestMs;
    for (let leftMs = longestMs; leftMs > 0 && partitions.some(isBeingTaken); leftMs = untilMs - clock.monotonicMs())
      await changes.wait(leftMs);
  };

  const releaseOthers = (): void => {
    for (const [partition, phase] of phases) {
      if (phase === 'releasing' || (isAssigned(partition) && !stopping)) continue;
      phases.set(partition, 'releasing');
      if (phase === 'starting') ended(partition, 'it is assigned to another server');
      else owner.release(partition);
    }
  };

  const takeWhatIsFree = async (): Promise<boolean> => {
    const nowMs = clock.monotonicMs();
    const missing = assigned().filter((partition) => !phases.has(partition));
    if (missing.length === 0 || !claims.isHeld()) return missing.length > 0;
    const others = await claims.heldByOthers();
    const free = missing.filter(
      (partition) => !others.has(partition) && (notBeforeMs.get(partition) ?? 0) <= nowMs && isAssigned(partition),
    );
    if (free.length > 0 && !isTaking()) takingSinceMs = nowMs;
    for (const partition of free) phases.set(partition, 'starting');
    if (free.length > 0) {
      report('info', { partitions: formatRanges(free), version: deps.config()?.version }, 'takes partitions over');
      await claims.publish();
      const running = takeOverBusyFirst(free, { ...deps, awaited, takeOver, untilOwned }).finally(() =>
        takingOver.delete(running),
      );
      takingOver.add(running);
    }
    return free.length < missing.length;
  };

  const work = async (): Promise<void> => {
    let published = phases.size;
    while (dirty) {
      dirty = false;
      try {
        releaseOthers();
        if (phases.size !== published) await claims.publish();
        published = phases.size;
        const again = !stopping && (await takeWhatIsFree());
        published = phases.size;
        if (again) clock.after(againMs, reconcile);
      } catch (error) {
        report('warn', { err: error }, 'the partitions cannot be brought in line with the configuration; trying again');
        clock.after(retakeMs, reconcile);
      }
    }
    working = undefined;
  };
  const reconcile = (): void => {
    dirty = true;
    working ??= Promise.resolve().then(work);
  };

  const partitionFor = (user: UserId): number => {
    if (stopping)
      throw new CecochatError('server.stopping', `server ${serverId} is stopping`, { hint: 'ask connect again' });
    const partition = partitionOf(user, partitionCount);
    if (isAssigned(partition)) return partition;
    throw notOwnedError({ serverId, partition, config: deps.config() });
  };

  reconcile();
  return {
    owner,
    reconcile,
    async ownedPartition(user) {
      const untilMs = clock.monotonicMs() + mostWaitMs;
      for (;;) {
        const partition = partitionFor(user);
        if (feeds.isOpen(partition) && phases.get(partition) === 'owned') return partition;
        awaited.add(partition);
        const leftMs = untilMs - clock.monotonicMs();
        if (leftMs <= 0) {
          throw new CecochatError(
            'server.not_ready',
            `server ${serverId} is still taking over partition ${partition}`,
            {
              hint: 'try again in a moment',
              data: { partition: String(partition) },
            },
          );
        }
        await changes.wait(leftMs);
      }
    },
    get ownedCount() {
      let count = 0;
      for (const phase of phases.values()) if (phase === 'owned') count += 1;
      return count;
    },
    notReady() {
      if (!claims.isHeld()) return [`the lease of server id ${serverId} is lost`];
      const missing = assigned().filter((partition) => phases.get(partition) !== 'owned').length;
      return missing === 0 ? [] : [`${missing} of ${assigned().length} partitions are not taken over yet`];
    },
    async stop() {
      stopping = true;
      changes.changed();
      // Without it the others learn of it when the lease is released.
      const told = claims
        .leave()
        .catch((error: unknown) => report('warn', { err: error }, 'the others cannot be told that this server stops'))
        .finally(reconcile);
      const isTold = new AbortController();
      await Promise.race([told, clock.sleep(tellMs, isTold.signal)]);
      isTold.abort();
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      changes.changed();
      reconcile();
      const untilMs = clock.monotonicMs() + releaseMs;
      while (phases.size > 0 && clock.monotonicMs() < untilMs) await changes.wait(untilMs - clock.monotonicMs());
      ticker.cancel();
      await tail[Symbol.asyncDispose]();
      await working;
      await Promise.all(takingOver);
      await claims[Symbol.asyncDispose]();
    },
  };
}
