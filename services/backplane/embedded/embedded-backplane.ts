/**
 * The backplane on a journal and LMDB, in this process. Appends of all partitions that wait at the same time share
 * one write to the disk; committed records go to the followers in this process without being read back.
 * Retention takes the oldest batches of a partition, never its last one nor what a holder protects.
 */
import { CecochatError } from '../../core/errors.ts';
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import type { Clock } from '../../core/time/clock.ts';
import { createGroupCommit } from '../../embedded/group-commit.ts';
import { openJournalFiles } from '../../embedded/journal-files.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { AppendAnswer, Backplane, StoredRecord, Tail, TailHandler } from '../backplane.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createFollow, type Follow } from './follow.ts';
import { createGroups } from './groups.ts';
import { moveJournalTable } from './journal-table.ts';
import { createPartitionLog } from './partition-log.ts';
import { createRetention } from './retention.ts';

export interface EmbeddedBackplaneOptions {
  readonly folder: string;
  /** Fixed when the folder is made. */
  readonly partitionCount: number;
  readonly clock: Clock;
  /** Records older than this may go; undefined keeps them. */
  readonly retentionMs?: number | undefined;
  /** Per partition: beyond this many bytes the oldest records may go; undefined keeps them. */
  readonly retentionBytes?: number | undefined;
  /** How often retention looks; one minute when not given. */
  readonly retentionEveryMs?: number | undefined;
}

export interface EmbeddedBackplane extends Backplane {
  /** One pass of retention over all partitions; also runs by itself. */
  retain(): Promise<void>;
}

/** Between the parts of a move of the journal. */
const movePauseMs = 30;

/** Waiting appends of one partition. */
interface Pending {
  readonly values: Uint8Array[];
  bytes: number;
  readonly waiters: { at: number; resolve: (answer: AppendAnswer) => void; reject: (error: unknown) => void }[];
}

export function openEmbeddedBackplane(options: EmbeddedBackplaneOptions): Promise<EmbeddedBackplane> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: EmbeddedBackplaneOptions, scope: Scope): Promise<EmbeddedBackplane> {
  const { partitionCount, clock } = options;
  const folder = scope.use(
    await openLmdbFolder({
      folder: options.folder,
      kind: 'backplane',
      fixed: { partitionCount },
      version: 2,
      upgrade: moveJournalTable,
    }),
  );
  const table = folder.table('batches');
  const journal = scope.use(openJournalFiles(folder.store));
  const log = createPartitionLog({ batches: table, journal }, () => clock.nowMs());
  const commitAppends = (write: () => void): Promise<void> => {
    write();
    return log.flush();
  };
  const appends = scope.use(createGroupCommit({ commit: commitAppends, failed: () => log.failed() }));
  const group = scope.use(createGroupCommit({ commit: folder.commit }));
  const follows = new Map<number, Set<Follow>>();
  const tails = new Set<Tail>();
  scope.defer(async () => {
    for (const tail of tails) await tail[Symbol.asyncDispose]();
  });
  const retention = createRetention({ ...options, table, protections: folder.table('protections'), group, log });
  scope.use(retention);
  const deadLetters = createDeadLetters({ table: folder.table('dead-letters'), group });

  let pending = new Map<number, Pending>();
  let moving: Promise<unknown> | undefined;
  /** Why the last move failed. */
  let moveFault: unknown;
  const closed = new AbortController();
  const closing = closed.signal;
  scope.defer(async () => {
    closed.abort();
    await moving?.catch(() => undefined);
  });

  const commitPending = (): void => {
    let taken = new Map<number, Pending>();
    appends.enqueue({
      write: () => {
        taken = pending;
        pending = new Map();
        log.write(taken);
      },
      committed: () => answer(taken),
      failed: (error) => {
        if (taken.size === 0) {
          taken = pending;
          pending = new Map();
        }
        for (const { waiters } of taken.values()) for (const waiter of waiters) waiter.reject(error);
      },
    });
  };

  /** In parts, with pauses between them: appends wait for each on the disk. What fails is moved the next time. */
  const moveAll = async (): Promise<void> => {
    const upTo = await appends.commit(() => log.beginMove());
    for (let isComplete = false; !isComplete;) {
      const moved = await group.commit(() => log.move());
      isComplete = moved();
      if (!isComplete && !log.isMoveLate() && !closing.aborted) {
        await clock.sleep(movePauseMs, closing).catch(() => undefined);
      }
    }
    await journal.remove(upTo);
  };
  const moveJournal = async (): Promise<void> => {
    if (closing.aborted) return;
    moving ??= moveAll()
      .then(
        () => (moveFault = undefined),
        (error: unknown) => {
          moveFault = error;
          throw error;
        },
      )
      .finally(() => {
        moving = undefined;
      });
    await moving;
  };

  const counts = { requests: 0, batches: 0, records: 0, bytes: 0 };
  const answer = (taken: ReadonlyMap<number, Pending>): void => {
    counts.requests += 1;
    counts.batches += taken.size;
    const bases = new Map<number, number>();
    for (const partition of taken.keys()) bases.set(partition, log.end(partition).offset);
    log.committed();
    if (log.isMoveDue()) moveJournal().catch(() => undefined);
    for (const [partition, { values, bytes, waiters }] of taken) {
      const base = bases.get(partition) ?? 0;
      counts.records += values.length;
      counts.bytes += bytes;
      for (const waiter of waiters) waiter.resolve({ partition, baseOffset: base + waiter.at });
      const followers = follows.get(partition);
      if (followers === undefined) continue;
      const records: StoredRecord[] = values.map((value, i) => ({ offset: base + i, value }));
      for (const follow of followers) follow.offer(records);
    }
  };

  const check = (partition: number): void => {
    if (Number.isInteger(partition) && partition >= 0 && partition < partitionCount) return;
    throw new RangeError(`partition ${partition} is not one of ${partitionCount}`);
  };

  const openTail = (handler: TailHandler): Tail => {
    const mine = new Map<number, Follow>();
    const tail: Tail = {
      assign(partition, from) {
        check(partition);
        tail.unassign(partition);
        const ended = (): void => remove(partition, follow);
        const source = {
          end: () => log.end(partition).offset,
          read: (at: number, limits: Parameters<typeof log.read>[2]) => log.read(partition, at, limits),
        };
        const follow = createFollow({ partition, from, handler, ended }, source);
        mine.set(partition, follow);
        const followers = follows.get(partition) ?? new Set();
        follows.set(partition, followers.add(follow));
        setImmediate(() => follow.wake());
      },
      unassign(partition) {
        const follow = mine.get(partition);
        if (follow === undefined) return;
        follow.stop();
        remove(partition, follow);
      },
      async [Symbol.asyncDispose]() {
        for (const partition of mine.keys()) tail.unassign(partition);
        tails.delete(tail);
      },
    };
    const remove = (partition: number, follow: Follow): void => {
      if (mine.get(partition) === follow) mine.delete(partition);
      const followers = follows.get(partition);
      followers?.delete(follow);
      if (followers?.size === 0) follows.delete(partition);
    };
    tails.add(tail);
    return tail;
  };

  const groups = createGroups({ partitionCount, clock, openTail });
  scope.use(groups);

  return {
    partitionCount,
    durability: 'on the disk of this machine (fdatasync before the answer): survives kill -9 and a power cut',
    append(partition, values) {
      check(partition);
      return new Promise((resolve, reject) => {
        if (values.length === 0) {
          resolve({ partition, baseOffset: log.end(partition).offset });
          return;
        }
        // A journal that cannot be moved must not grow until memory ends.
        if (moveFault !== undefined && log.isMoveLate()) {
          moveJournal().catch(() => undefined);
          reject(moveFault);
          return;
        }
        const first = pending.size === 0;
        let mine = pending.get(partition);
        if (mine === undefined) pending.set(partition, (mine = { values: [], bytes: 0, waiters: [] }));
        mine.waiters.push({ at: mine.values.length, resolve, reject });
        for (const value of values) {
          mine.values.push(value);
          mine.bytes += value.length;
        }
        if (first) commitPending();
      });
    },
    appended: () => ({ ...counts }),
    async bounds(partition) {
      check(partition);
      return log.bounds(partition);
    },
    async read(partition, from, limits) {
      check(partition);
      return log.read(partition, from, limits);
    },
    // Which matters little where reading and writing are a matter of microseconds.
    active: (partitions) => Promise.resolve(partitions),
    deadLetters,
    openTail,
    openGroup: (name, handler) => groups.join(name, handler),
    async protect(holder, partition, from) {
      check(partition);
      if (holder.includes('\0')) throw new CecochatError('request.invalid', 'a holder has no zero byte in its name');
      await retention.protect(holder, partition, from);
    },
    async retain() {
      // One that is under way began with less than there is now.
      await moving;
      await moveJournal();
      await retention.pass();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
