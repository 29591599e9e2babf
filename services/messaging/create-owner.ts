/**
 * The owner of any number of partitions: routes calls to them and shares what is one per server, the ids
 * and the appends to each partition, owned or not.
 */
import { createFold } from '../core/log/fold.ts';
import { partitionOf } from '../core/partitioning.ts';
import type { UserId } from '../core/ids.ts';
import type { Owner, OwnerDependencies } from './owner.ts';
import { createAppender, type Appender } from './owner/appender.ts';
import { usualMarkSizes } from './owner/marked-keys.ts';
import { createPartitionOwner, type PartitionOwner } from './owner/partition-owner.ts';
import { notOwned } from './owner/sends.ts';
import type { Shared } from './owner/shared.ts';

/** What is due without anything happening (marks, tips) is due within minutes. */
const tickAllMs = 1000;

export function createOwner(dependencies: OwnerDependencies): Owner {
  const { ports, clock, defer, partitionCount, server } = dependencies;
  const appenders = new Map<number, Appender>();
  const owned = new Map<number, PartitionOwner>();
  /** Partitions that something happened to since all were ticked, or the time before: only they have something due soon. */
  let touched = new Set<number>();
  let touchedBefore = new Set<number>();
  let allTickedMs = Number.NEGATIVE_INFINITY;
  let highestId = 0n;

  const shared: Shared = {
    createFold,
    markSizes: usualMarkSizes,
    keySeed: Buffer.from(dependencies.random.bytes(4)).readInt32LE(),
    ...dependencies,
    ports: {
      ...ports,
      ended(partition, why) {
        owned.delete(partition);
        ports.ended(partition, why);
      },
    },
    appenders: () => appenders.values(),
    appender(partition) {
      touched.add(partition);
      let appender = appenders.get(partition);
      if (appender === undefined) {
        const append: Parameters<typeof createAppender>[0]['append'] = (records, flight) =>
          ports.append(partition, records, flight);
        appender = createAppender({ partition, clock, defer, append });
        appenders.set(partition, appender);
      }
      return appender;
    },
    highestId: () => highestId,
    noteId(id) {
      if (id > highestId) highestId = id;
    },
  };

  function ownerOf(partition: number): PartitionOwner | undefined {
    touched.add(partition);
    return owned.get(partition);
  }

  function partitionFor(user: UserId): number {
    return partitionOf(user, partitionCount);
  }

  return {
    takeOver(partition, start) {
      ownerOf(partition)?.end('taken over again');
      owned.set(partition, createPartitionOwner(shared, partition, start));
      // Nothing may be there to follow: then it fences at once.
      owned.get(partition)?.records([]);
    },
    granted: (partition, term) => ownerOf(partition)?.granted(term),
    records: (partition, records) => ownerOf(partition)?.records(records),
    answered(partition, flight, answer) {
      appenders.get(partition)?.answered(flight, answer);
      ownerOf(partition)?.settle();
    },
    rederive: (reread) => ownerOf(reread.source)?.rederive(reread),
    release: (partition) => ownerOf(partition)?.release(),
    end: (partition, why) => owned.get(partition)?.end(why),
    send(command) {
      const partition = partitionFor(command.senderId);
      const owner = ownerOf(partition);
      if (owner === undefined) command.done(notOwned(partition, server));
      else owner.send(command);
    },
    confirm: (command) => ownerOf(partitionFor(command.readerId))?.confirm(command),
    tick() {
      const nowMs = clock.monotonicMs();
      const isAll = nowMs - allTickedMs >= tickAllMs;
      const due = isAll ? new Set([...owned.keys(), ...appenders.keys()]) : new Set([...touchedBefore, ...touched]);
      if (isAll) {
        allTickedMs = nowMs;
        touchedBefore = touched;
        touched = new Set();
      }
      for (const partition of due) {
        owned.get(partition)?.tick();
        appenders.get(partition)?.tick();
      }
    },
  };
}
