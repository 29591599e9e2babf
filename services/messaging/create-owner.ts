/**
 * The owner of any number of partitions: routes calls to them and shares what is one per server, the ids
 * and the appends to each partition, owned or not.
 */
import { createFold } from '../core/log/fold.ts';
import { partitionOf } from '../core/partitioning.ts';
import type { UserId } from '../core/ids.ts';
import type { Owner, OwnerDependencies } from './owner.ts';
import { createAppender, type Appender } from './owner/appender.ts';
import { createPartitionOwner, type PartitionOwner } from './owner/partition-owner.ts';
import { notOwned } from './owner/sends.ts';
import type { Shared } from './owner/shared.ts';

export function createOwner(dependencies: OwnerDependencies): Owner {
  const { ports, clock, defer, partitionCount, server } = dependencies;
  const appenders = new Map<number, Appender>();
  const owned = new Map<number, PartitionOwner>();
  let highestId = 0n;

  const shared: Shared = {
    createFold,
    ...dependencies,
    ports: {
      ...ports,
      ended(partition, why) {
        owned.delete(partition);
        ports.ended(partition, why);
      },
    },
    appender(partition) {
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

  function partitionFor(user: UserId): number {
    return partitionOf(user, partitionCount);
  }

  return {
    takeOver(partition, start) {
      owned.get(partition)?.end('taken over again');
      owned.set(partition, createPartitionOwner(shared, partition, start));
      // Nothing may be there to follow: then it fences at once.
      owned.get(partition)?.records([]);
    },
    granted: (partition, term) => owned.get(partition)?.granted(term),
    records: (partition, records) => owned.get(partition)?.records(records),
    answered(partition, flight, answer) {
      appenders.get(partition)?.answered(flight, answer);
      owned.get(partition)?.settle();
    },
    rederive: (reread) => owned.get(reread.source)?.rederive(reread),
    release: (partition) => owned.get(partition)?.release(),
    end: (partition, why) => owned.get(partition)?.end(why),
    send(command) {
      const partition = partitionFor(command.senderId);
      const owner = owned.get(partition);
      if (owner === undefined) command.done(notOwned(partition, server));
      else owner.send(command);
    },
    confirm: (command) => owned.get(partitionFor(command.readerId))?.confirm(command),
    tick() {
      for (const owner of owned.values()) owner.tick();
      for (const appender of appenders.values()) appender.tick();
    },
  };
}
