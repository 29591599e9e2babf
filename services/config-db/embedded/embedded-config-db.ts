/**
 * The configuration database on LMDB, in this process. Concurrent changes share a commit, in the order of
 * the calls; readers see what is on disk only. Opening ends every lease that was left: the folder's lock proves
 * that no process of an earlier run lives (notes stay).
 */
import { CecochatError } from '../../core/errors.ts';
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import type { Clock } from '../../core/time/clock.ts';
import { createGroupCommit } from '../../embedded/group-commit.ts';
import { openLmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { ConfigChange, ConfigChangeEntry, ConfigDb, Lease } from '../config-db.ts';
import { createConfigTables, type ConfigState, type StoredLease } from './config-tables.ts';

export interface EmbeddedConfigDbOptions {
  readonly folder: string;
  readonly clock: Clock;
}

const maxKeyBytes = 1024;

export function openEmbeddedConfigDb(options: EmbeddedConfigDbOptions): Promise<ConfigDb> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: EmbeddedConfigDbOptions, scope: Scope): Promise<ConfigDb> {
  const { clock } = options;
  const folder = scope.use(await openLmdbFolder({ folder: options.folder, kind: 'config' }));
  const tables = createConfigTables(folder);
  /** What the waiting and running commits build on; `tables.load()` is what is on disk. */
  let state: ConfigState = tables.load();
  const group = createGroupCommit({
    commit: folder.commit,
    failed: () => {
      state = tables.load();
    },
  });
  scope.use(group);
  const watchers = new Set<() => void>();
  const leaseWatchers = new Set<() => void>();

  const endLeftLeases = async (): Promise<void> => {
    const left = [...state.leases.values()].filter((lease) => lease.expiresAtMs > 0);
    if (left.length === 0) return;
    await group.commit(() => {
      for (const lease of left) keepLease({ ...lease, expiresAtMs: 0 });
    });
  };

  const shown = (lease: StoredLease): Lease => ({ ...lease, leftMs: Math.max(0, lease.expiresAtMs - clock.nowMs()) });
  const keepLease = (lease: StoredLease): Lease => {
    state.leases.set(lease.name, lease);
    tables.putLease(lease);
    return shown(lease);
  };

  await endLeftLeases();

  return {
    durability: 'on the disk of this machine (fdatasync before the answer): survives kill -9 and a power cut',
    async read() {
      return tables.snapshot();
    },
    async apply({ expectedVersion, author, values }) {
      for (const key of values.keys()) checkKey(key);
      const change = await group.commit((): ConfigChange => {
        if (expectedVersion !== state.version) throw conflict(expectedVersion, state.version);
        const entries: ConfigChangeEntry[] = [];
        for (const [key, after] of values) entries.push({ key, before: state.values.get(key), after });
        const made = { version: state.version + 1, atMs: clock.nowMs(), author, entries };
        for (const { key, after } of entries) {
          if (after === undefined) state.values.delete(key);
          else state.values.set(key, after);
        }
        state.version = made.version;
        tables.putChange(made);
        return made;
      });
      for (const changed of watchers) changed();
      return change;
    },
    async log(limit) {
      return tables.log(limit);
    },
    watch: (changed) => addTo(watchers, changed),
    watchLeases: (changed) => addTo(leaseWatchers, changed),
    async acquire({ name, holder, ttlMs, note, announce = false }) {
      let isNew = false;
      const lease = await group.commit(() => {
        const now = clock.nowMs();
        const kept = state.leases.get(name);
        const isAlive = kept !== undefined && kept.expiresAtMs > now;
        if (isAlive && kept.holder !== holder) return undefined;
        isNew = !isAlive || kept.holder !== holder;
        return keepLease({ name, holder, expiresAtMs: now + ttlMs, note: note ?? kept?.note ?? '' });
      });
      if (isNew || (announce && lease !== undefined)) for (const changed of leaseWatchers) changed();
      return lease;
    },
    async release({ name, holder }) {
      await group.commit(() => {
        const kept = state.leases.get(name);
        if (kept === undefined || kept.holder !== holder || kept.expiresAtMs <= 0) return;
        keepLease({ ...kept, expiresAtMs: 0 });
      });
      for (const changed of leaseWatchers) changed();
    },
    async leases(prefix) {
      return tables.leases(prefix).map(shown);
    },
    nextTerm(above) {
      return group.commit(() => {
        state.term = Math.max(state.term, above) + 1;
        tables.putTerm(state.term);
        return state.term;
      });
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function addTo(watchers: Set<() => void>, changed: () => void): AsyncDisposable {
  const watcher = (): void => changed();
  watchers.add(watcher);
  return {
    async [Symbol.asyncDispose]() {
      watchers.delete(watcher);
    },
  };
}

function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > 0 && bytes <= maxKeyBytes) return;
  throw new CecochatError('config.invalid', `a configuration key has 1 to ${maxKeyBytes} bytes, not ${bytes}`);
}

function conflict(expected: number, present: number): CecochatError {
  return new CecochatError(
    'config.conflict',
    `the configuration is at version ${present}, the change was made for version ${expected}`,
    { hint: 'Read the configuration again and repeat the change.', data: { version: String(present) } },
  );
}
