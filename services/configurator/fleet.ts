/**
 * What the leases say about the messaging servers, look by look: who lives, since when, with which partitions; who
 * is dead. A server is dead when its lease was seen ended for `deadMs`, at two looks at the least: one look may come
 * from a process, this one or that, which had just been held up.
 */
import type { Lease } from '../config-db/config-db.ts';
import { parseRanges } from '../config-db/partition-ranges.ts';
import { serverLeasePrefix } from './configurator.ts';

export interface FleetView {
  /** Server id → what it says that it holds. */
  readonly alive: ReadonlyMap<string, string>;
  readonly dead: ReadonlySet<string>;
  /** Until a lease ends if it is not renewed, or until one that has ended makes its server dead. */
  readonly untilNextMs: number;
}

export interface Fleet {
  look(leases: readonly Lease[], atMs: number): FleetView;
  /** How long it has been seen alive at each look; 0 for one that is not. */
  livesForMs(server: string, atMs: number): number;
}

const deadMs = 200;

export function createFleet(): Fleet {
  /** Since when (monotonic) a server's lease was seen ended, or alive, at each look. */
  const endedSince = new Map<string, number>();
  const aliveSince = new Map<string, number>();
  return {
    look(leases, atMs) {
      const alive = new Map<string, string>();
      let untilNextMs = Number.POSITIVE_INFINITY;
      for (const { name, leftMs, note } of leases) {
        const server = name.slice(serverLeasePrefix.length);
        if (leftMs > 0) {
          alive.set(server, note);
          endedSince.delete(server);
          if (!aliveSince.has(server)) aliveSince.set(server, atMs);
          untilNextMs = Math.min(untilNextMs, leftMs);
          continue;
        }
        aliveSince.delete(server);
        const sinceMs = endedSince.get(server) ?? atMs;
        endedSince.set(server, sinceMs);
        if (atMs - sinceMs < deadMs) untilNextMs = Math.min(untilNextMs, sinceMs + deadMs - atMs);
      }
      const dead = new Set([...endedSince].flatMap(([server, sinceMs]) => (atMs - sinceMs >= deadMs ? [server] : [])));
      return { alive, dead, untilNextMs };
    },
    livesForMs: (server, atMs) => atMs - (aliveSince.get(server) ?? atMs),
  };
}

/** Whether every server that has partitions lives and holds all of them: nothing is on its way to a new owner. */
export function isSettled(
  assigned: ReadonlyMap<string, readonly number[]>,
  alive: FleetView['alive'],
  partitionCount: number,
): boolean {
  for (const [server, partitions] of assigned) {
    if (partitions.length === 0) continue;
    const held = parseRanges(alive.get(server) ?? '', partitionCount);
    if ('reason' in held) return false;
    const holds = new Set(held.partitions);
    if (partitions.some((partition) => !holds.has(partition))) return false;
  }
  return true;
}
