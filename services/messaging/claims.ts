/**
 * What this server claims in the configuration database: its id (the lease's note lists the partitions that it
 * holds, for whoever is to have them next) and a generator number (the note reserves id time). Renewed five times
 * in the length of a lease; `lost` is called when that failed for all of it.
 */
import type { ConfigDb, Lease } from '../config-db/config-db.ts';
import { formatServerNote, parseServerNote } from '../config-db/server-note.ts';
import { createMessageIds, generatorCount, type MessageIds } from '../core/message-id.ts';
import type { Clock } from '../core/time/clock.ts';

export interface ClaimsDependencies {
  readonly serverId: string;
  /** Random: tells two processes with one server id apart. */
  readonly instanceId: string;
  readonly partitionCount: number;
  readonly configDb: ConfigDb;
  readonly clock: Clock;
  readonly ttlMs: number;
  /** The partitions that are held now. */
  readonly held: () => readonly number[];
  readonly lost: (why: string) => void;
}

export interface Claims extends AsyncDisposable {
  readonly ids: MessageIds;
  /** Whether the server's id is surely this process's. */
  isHeld(): boolean;
  /** Makes `held` known; resolves when others can see it. */
  publish(): Promise<void>;
  /** Tells everybody that this process is about to end: its partitions can go to others while it finishes with them. */
  leave(): Promise<void>;
  /** Partitions that other living servers say they hold. */
  heldByOthers(): Promise<ReadonlySet<number>>;
}

const renewalsPerLease = 5;
const retryMs = 200;
/** Id time that is reserved ahead, renewed with the lease: longer than an overloaded server goes without renewing. */
const reserveMs = 30_000;

/** Waits until the server's id is free. Error: the signal's reason. */
export async function openClaims(deps: ClaimsDependencies, signal: AbortSignal): Promise<Claims> {
  const { configDb, clock, instanceId: holder, ttlMs } = deps;
  const serverLease = `server/${deps.serverId}`;
  await acquireServer(deps, signal);
  let generator = await acquireGenerator(deps, signal);
  let own = idsOf(generator, clock);
  /** The same for the owner, whatever the generator is. */
  const ids: MessageIds = {
    next: (above) => own.next(above),
    reserve: (untilMs) => own.reserve(untilMs),
    usedUpToMs: () => own.usedUpToMs(),
  };
  let isLost = false;
  let isLeaving = false;
  let unanswered = 0;
  let writing: Promise<void> = Promise.resolve();

  const renew = async ({ announce = false } = {}): Promise<void> => {
    const note = formatServerNote({ held: deps.held(), isLeaving });
    const untilMs = Math.ceil(own.usedUpToMs()) + reserveMs;
    const [server, kept] = await Promise.all([
      configDb.acquire({ name: serverLease, holder, ttlMs, note, announce }),
      configDb.acquire({ name: generator.lease, holder, ttlMs, note: String(untilMs) }),
    ]);
    if (server === undefined) {
      lose(`another process holds ${serverLease}`);
      return;
    }
    if (kept === undefined) {
      // It slept past the lease: ids go on with another generator, above all that were given.
      const usedUpToMs = own.usedUpToMs();
      generator = await acquireGenerator(deps, signal);
      own = idsOf({ ...generator, startAboveMs: Math.max(generator.startAboveMs, usedUpToMs) }, clock);
    } else own.reserve(untilMs);
    unanswered = 0;
    isLost = false;
  };
  const lose = (why: string): void => {
    if (isLost) return;
    isLost = true;
    deps.lost(why);
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = writing.then(work);
    writing = done.catch(() => undefined);
    return done;
  };
  let renewing = false;
  const timer = clock.every(ttlMs / renewalsPerLease, () => {
    // Counted in turns of the timer, not in time: a process that was held up asks whether the lease is still its
    // own, with the patience that any other has. That costs nothing, since the rules of the log keep a stale owner
    // harmless, and spares its partitions another take-over.
    if (unanswered === renewalsPerLease) lose(`${serverLease} could not be renewed in time`);
    unanswered += 1;
    if (renewing) return;
    renewing = true;
    inTurn(renew)
      .catch(() => undefined)
      .finally(() => {
        renewing = false;
      });
  });

  return {
    ids,
    isHeld: () => !isLost,
    publish: () => inTurn(renew),
    leave() {
      isLeaving = true;
      return inTurn(() => renew({ announce: true }));
    },
    async heldByOthers() {
      const held = new Set<number>();
      for (const lease of await configDb.leases('server/')) {
        if (lease.name === serverLease || lease.leftMs === 0) continue;
        for (const partition of parseServerNote(lease.note, deps.partitionCount)?.held ?? []) held.add(partition);
      }
      return held;
    },
    async [Symbol.asyncDispose]() {
      timer.cancel();
      await writing;
      if (isLost) return;
      await Promise.all([
        configDb.release({ name: serverLease, holder }),
        configDb.release({ name: generator.lease, holder }),
      ]);
    },
  };
}

async function acquireServer(deps: ClaimsDependencies, signal: AbortSignal): Promise<void> {
  const { configDb, clock, instanceId: holder, ttlMs } = deps;
  for (;;) {
    const lease = await configDb.acquire({ name: `server/${deps.serverId}`, holder, ttlMs, note: '' });
    if (lease !== undefined) return;
    await clock.sleep(retryMs, signal);
  }
}

interface Generator {
  readonly number: number;
  readonly lease: string;
  readonly startAboveMs: number;
  readonly reservedMs: number;
}

function idsOf({ number, startAboveMs, reservedMs }: Generator, clock: Clock): MessageIds {
  const ids = createMessageIds({ generator: number, nowMs: () => clock.nowMs(), startAboveMs });
  ids.reserve(reservedMs);
  return ids;
}

/** A free number whose reserved time has passed, so that ids do not run ahead of the clock. */
async function acquireGenerator(deps: ClaimsDependencies, signal: AbortSignal): Promise<Generator> {
  const { configDb, clock, instanceId: holder, ttlMs } = deps;
  for (;;) {
    const known = new Map((await configDb.leases('generator/')).map((lease) => [lease.name, lease]));
    for (let number = 0; number < generatorCount; number += 1) {
      const name = `generator/${number}`;
      const nowMs = clock.nowMs();
      if (!isFree(known.get(name), nowMs)) continue;
      const lease = await configDb.acquire({ name, holder, ttlMs });
      if (lease === undefined) continue;
      const startAboveMs = Number(lease.note === '' ? '0' : lease.note);
      const reservedMs = Math.max(nowMs, startAboveMs) + reserveMs;
      const kept = await configDb.acquire({ name, holder, ttlMs, note: String(reservedMs) });
      if (kept !== undefined) return { number, lease: name, startAboveMs, reservedMs };
    }
    await clock.sleep(retryMs, signal);
  }
}

function isFree(lease: Lease | undefined, nowMs: number): boolean {
  return lease === undefined || (lease.leftMs === 0 && Number(lease.note) < nowMs);
}
