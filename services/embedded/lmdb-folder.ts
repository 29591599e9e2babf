/**
 * Opens an LMDB data folder safely: one process at a time, never a newer version's data, never damaged data.
 * In these three cases (data.locked, data.newer, data.damaged) nothing in the folder is changed.
 * Layout: <folder>/lock, <folder>/store/{data.mdb, lock.mdb, format.json}; the store appears in one rename.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { CecochatError } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import { lockFolder } from './folder-lock.ts';
import { damaged } from './damaged.ts';
import { checkDataFile } from './data-file.ts';
import { syncToDisk } from './sync-to-disk.ts';

export interface FolderOptions {
  readonly folder: string;
  /** What is kept there: "backplane", "history" … */
  readonly kind: string;
  /** Facts that are fixed when the data is made, such as the partition count. Opening with others is data.damaged. */
  readonly fixed?: Readonly<Record<string, number>>;
  /** Of the data's layout; a higher one in a folder is refused. 1 when not given. */
  readonly version?: number;
  /** Brings data of a lower version to this one. What it began when the process was killed, it does again. */
  readonly upgrade?: (folder: LmdbFolder) => Promise<void>;
}

/** With the defaults filled in. */
type WholeOptions = FolderOptions & { readonly version: number };

export type BinaryTable = Database<Buffer, Buffer>;

export interface LmdbFolder extends AsyncDisposable {
  /** Where files of the same data may stand beside LMDB's. */
  readonly store: string;
  /** Everything that `write` puts and removes, in any table; it is on disk. */
  readonly commit: (write: () => void) => Promise<unknown>;
  /** A table of bytes by bytes, made when it is not there. */
  table(name: string): BinaryTable;
}

interface Format {
  readonly kind: string;
  readonly version: number;
  readonly fixed: Readonly<Record<string, number>>;
}

/** Errors: data.locked, data.newer, data.damaged (also when `fixed` differs), settings.invalid when the system refuses. */
export async function openLmdbFolder(options: FolderOptions): Promise<LmdbFolder> {
  try {
    return await openUsable({ version: 1, ...options });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CecochatError('settings.invalid', `the data folder ${options.folder} cannot be used: ${error.message}`, {
      hint: 'choose another data folder, or give this user the right to write to it',
      data: { folder: options.folder },
      cause: error,
    });
  }
}

async function openUsable(options: WholeOptions): Promise<LmdbFolder> {
  const store = join(options.folder, 'store');
  if (existsSync(store)) checkVersion(readFormat(store), store, options);
  makeFolder(options.folder);
  const lock = lockFolder(options.folder);
  try {
    if (existsSync(store)) checkStore(store, options);
    else await createStore(options);
    const env = openEnvironment(store);
    const folder: LmdbFolder = {
      store,
      commit: (write) => env.batch(write),
      table(name) {
        try {
          return env.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
        } catch (error) {
          throw damaged(join(store, 'data.mdb'), `does not open as table ${name}`, error);
        }
      },
      async [Symbol.asyncDispose]() {
        try {
          await env.close();
        } finally {
          lock[Symbol.dispose]();
        }
      },
    };
    try {
      await upgrade(folder, options);
    } catch (error) {
      await env.close();
      throw error;
    }
    return folder;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Without overlapping sync a commit is: write the pages, fdatasync, write the meta page through O_DSYNC; only
 * then do the promises of its writes resolve. Event-turn batching is off: callers group their writes themselves.
 */
function openEnvironment(path: string): RootDatabase<Buffer, Buffer> {
  const env = open<Buffer, Buffer>({
    path,
    noSubdir: false,
    maxDbs: 16,
    overlappingSync: false,
    eventTurnBatching: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  env.on('aftercommit', cutCommitted);
  return env;
}

/** An operation of a commit, as lmdb-js keeps it: with what it wrote, and linked to the one after it. */
interface Operation {
  next: Operation | null;
  meta: unknown;
}

/**
 * lmdb-js never cuts its list of operations. Once a collection of garbage has moved one of them to the old generation,
 * each later one counts as used, with all that hangs on it, until the old generation is collected (30 000 commits:
 * 10.8 MB were moved there, 1.6 MB with this). The list is walked when this is called; it is cut right after that.
 */
function cutCommitted({ next: first, last }: { readonly next: Operation; readonly last: Operation }): void {
  queueMicrotask(() => {
    for (let operation: Operation | null = first; operation !== null && operation !== last;) {
      const after: Operation | null = operation.next;
      operation.next = null;
      operation.meta = null;
      operation = after;
    }
  });
}

async function createStore(options: WholeOptions): Promise<void> {
  const fresh = join(options.folder, 'store-new');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  await openEnvironment(fresh).close();
  const format: Format = { kind: options.kind, version: options.version, fixed: options.fixed ?? {} };
  writeFormat(fresh, format);
  syncToDisk(join(fresh, 'data.mdb'));
  renameSync(fresh, join(options.folder, 'store'));
  syncToDisk(options.folder);
}

function checkStore(store: string, options: WholeOptions): void {
  const format = readFormat(store);
  checkVersion(format, store, options);
  if (format.kind !== options.kind) {
    throw damaged(join(store, 'format.json'), `holds data of kind ${JSON.stringify(format.kind)}, not ${options.kind}`);
  }
  for (const [name, value] of Object.entries(options.fixed ?? {})) {
    const kept = format.fixed[name];
    if (kept !== value) {
      throw new CecochatError('data.damaged', `${store} was made with ${name} ${kept ?? 'unknown'}, not ${value}`, {
        hint: `Start with ${name} ${kept ?? 'unknown'}, or with an empty data folder.`,
        data: { file: join(store, 'format.json'), name, kept: String(kept), asked: String(value) },
      });
    }
  }
  const file = join(store, 'data.mdb');
  const fault = checkDataFile(file);
  if (fault !== undefined) throw damaged(file, fault);
}

function checkVersion(format: Format, store: string, { version }: WholeOptions): void {
  if (format.version <= version) return;
  throw new CecochatError(
    'data.newer',
    `${store} was made by a newer cecochat (data version ${format.version}, this one knows ${version})`,
    {
      hint: 'Run the newer cecochat, or start with another data folder.',
      data: { folder: store, version: String(format.version), known: String(version) },
    },
  );
}

async function upgrade(folder: LmdbFolder, { version, upgrade: change }: WholeOptions): Promise<void> {
  const format = readFormat(folder.store);
  if (format.version >= version) return;
  await change?.(folder);
  writeFormat(folder.store, { ...format, version });
}

function writeFormat(store: string, format: Format): void {
  const file = join(store, 'format.json');
  writeFileSync(`${file}-new`, `${JSON.stringify(format)}\n`, { mode: 0o600 });
  syncToDisk(`${file}-new`);
  renameSync(`${file}-new`, file);
  syncToDisk(store);
}

function readFormat(store: string): Format {
  const file = join(store, 'format.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw damaged(file, 'cannot be read', error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, 'is not JSON', error);
  }
  if (!isFormat(value)) throw damaged(file, 'does not say what the folder holds');
  return value;
}

function isFormat(value: unknown): value is Format {
  if (typeof value !== 'object' || value === null) return false;
  if (!('kind' in value) || typeof value.kind !== 'string') return false;
  if (!('version' in value) || !Number.isSafeInteger(value.version)) return false;
  return 'fixed' in value && typeof value.fixed === 'object' && value.fixed !== null;
}
