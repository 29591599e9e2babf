/**
 * What the leases say about the messaging servers, look by look: who lives, since when, with which partitions; who
 * is gone, because it says that it leaves, has released its lease, or is dead. A server is dead when its lease was seen
 * ended for as long as patience says, at two looks at the least: one look may come from a process, this one or that,
 * which had just been held up. Patience grows when the same process renews a lease that was seen ended: where machines
 * are that slow, taking its partitions away gives the next one more to do, which is held up in turn, and partitions
 * would go round. It is forgotten by and by.
 */
import type { Lease } from '../config-db/config-db.ts';
import { parseServerNote, saysLeaving } from '../config-db/server-note.ts';
import { serverLeasePrefix } from './configurator.ts';

export interface FleetView {
  /** Server id → its note, of those that live and stay. */
  readonly alive: ReadonlyMap<string, string>;
  /** Whose partitions are for others. */
  readonly gone: ReadonlySet<string>;
  /** Until a lease ends if it is not renewed, or until one that has ended makes its server dead. */
  readonly untilNextMs: number;
}

export interface Fleet {
  look(leases: readonly Lease[], atMs: number): FleetView;
  /** How long it has been seen alive at each look; 0 for one that is not. */
  livesForMs(server: string, atMs: number): number;
}

const leastPatienceMs = 200;
const mostPatienceMs = 3_000;
/** Patience is halved so often. */
const halvedAfterMs = 20_000;

export function createFleet(): Fleet {
  /** Since when (monotonic) a server's lease was seen ended, and whose it was; or alive, at each look. */
  const ended = new Map<string, { readonly sinceMs: number; readonly holder: string }>();
  const aliveSince = new Map<string, number>();
  let grown = { patienceMs: leastPatienceMs, atMs: 0 };

  const patienceAt = (atMs: number): number =>
    Math.max(leastPatienceMs, grown.patienceMs / 2 ** ((atMs - grown.atMs) / halvedAfterMs));
  const wasHeldUp = (heldUpMs: number, atMs: number): void => {
    // No patience would have lasted that long.
    if (heldUpMs > mostPatienceMs) return;
    const patienceMs = Math.min(mostPatienceMs, Math.max(patienceAt(atMs), 2 * heldUpMs));
    grown = { patienceMs, atMs };
  };

  return {
    look(leases, atMs) {
      const alive = new Map<string, string>();
      const gone = new Set<string>();
      let untilNextMs = Number.POSITIVE_INFINITY;
      for (const { name, leftMs, note, holder, expiresAtMs } of leases) {
        const server = name.slice(serverLeasePrefix.length);
        if (leftMs > 0) {
          if (saysLeaving(note)) gone.add(server);
          else alive.set(server, note);
          const before = ended.get(server);
          if (before?.holder === holder) wasHeldUp(atMs - before.sinceMs, atMs);
          ended.delete(server);
          if (!aliveSince.has(server)) aliveSince.set(server, atMs);
          untilNextMs = Math.min(untilNextMs, leftMs);
          continue;
        }
        aliveSince.delete(server);
        // Released: it said so itself.
        if (expiresAtMs === 0) gone.add(server);
        if (!ended.has(server)) ended.set(server, { sinceMs: atMs, holder });
      }
      const patienceMs = patienceAt(atMs);
      for (const [server, { sinceMs }] of ended) {
        const leftMs = sinceMs + patienceMs - atMs;
        if (leftMs <= 0) gone.add(server);
        else untilNextMs = Math.min(untilNextMs, leftMs);
      }
      return { alive, gone, untilNextMs };
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
    const holds = new Set(parseServerNote(alive.get(server) ?? '', partitionCount)?.held);
    if (partitions.some((partition) => !holds.has(partition))) return false;
  }
  return true;
}
