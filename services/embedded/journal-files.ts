/**
 * Records on disk in the order in which they were appended, in files that are only appended to, and removed whole.
 * (As a row of LMDB an append was a dozen pages in as many places and a page for the commit: 0.5 ms alone on the
 * disk, 0.8 ms and often 4 beside the commits of history. Here it is one write: 0.2 ms.)
 * Layout of <folder>/journal-<number>: "cecojnl1", mark; for each record mark, length u32, checksum, the record; when
 * the file was ended in order, a last one of no bytes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageFrom } from '../core/thrown.ts';
import { damaged } from './damaged.ts';
import { syncToDisk } from './sync-to-disk.ts';

export interface JournalFiles extends AsyncDisposable {
  /** How many files there are: each process that appends begins one. */
  readonly count: number;
  /** What is there when the journal is opened, oldest first; it is on disk. Error: data.damaged. */
  load(): Iterable<Buffer>;
  /**
   * It is on disk. One at a time, not empty. After an error the next one takes its place; where that cannot be, all are
   * refused from then on. Error: what the system answers.
   */
  append(record: Buffer): Promise<void>;
  /** The next append begins a new file. Answers the number of the last one before it; not while an append is on its way. */
  roll(): number;
  /** Takes away the files up to this number. */
  remove(upTo: number): Promise<void>;
}

interface Current {
  readonly file: FileHandle;
  /** Random, in the file's head and before each record: what a record contains cannot be taken for the next one. */
  readonly mark: Buffer;
  position: number;
  /** What was refused could not be taken off its end: whatever follows might be taken for it. */
  fault: Error | undefined;
}

const magic = Buffer.from('cecojnl1');
const markBytes = 8;
const checksumBytes = 8;
const fileHeadBytes = magic.length + markBytes;
const recordHeadBytes = markBytes + 4 + checksumBytes;
const end = Buffer.alloc(0);
/** There one call writes and synchronises; elsewhere it takes a second one. */
const isWriteDurable = process.platform === 'linux';
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (isWriteDurable ? constants.O_DSYNC : 0);

export function openJournalFiles(folder: string): JournalFiles {
  const numbers = numbersIn(folder);
  let newest = numbers.at(-1) ?? 0;
  let current: Current | undefined;
  const closing = new Set<Promise<void>>();

  const pathOf = (number: number): string => join(folder, `journal-${number}`);

  const begin = async (): Promise<Current> => {
    newest += 1;
    const file = await open(pathOf(newest), flags, 0o600);
    numbers.push(newest);
    const made = { file, mark: randomBytes(markBytes), position: 0, fault: undefined };
    try {
      await writeDurably(made, [magic, made.mark]);
      await syncFolder(folder);
    } catch (error) {
      await file.close();
      await rm(pathOf(newest), { force: true });
      numbers.pop();
      throw error;
    }
    return made;
  };

  /** Everything in it is on disk already. Without its last record it is a file of a process that was killed. */
  const finish = async (ended: Current): Promise<void> => {
    try {
      if (ended.fault === undefined) await writeDurably(ended, [headOf(ended.mark, end)]);
    } catch {
      // Of a full disk.
    } finally {
      await ended.file.close().catch(() => undefined);
    }
  };
  const close = (): void => {
    if (current === undefined) return;
    const closed = finish(current).finally(() => closing.delete(closed));
    closing.add(closed);
    current = undefined;
  };

  return {
    get count() {
      return numbers.length;
    },
    *load() {
      // A process that was killed may have written what it never knew to be on disk.
      for (const number of numbers) syncToDisk(pathOf(number));
      if (numbers.length > 0) syncToDisk(folder);
      for (const number of numbers) yield* recordsOf(pathOf(number));
    },
    async append(record) {
      current ??= await begin();
      if (current.fault !== undefined) throw current.fault;
      try {
        await writeDurably(current, [headOf(current.mark, record), record]);
      } catch (error) {
        await takeBack(current);
        throw error;
      }
    },
    roll() {
      if (current?.fault !== undefined) throw current.fault;
      close();
      return newest;
    },
    async remove(upTo) {
      while (numbers[0] !== undefined && numbers[0] <= upTo) {
        await rm(pathOf(numbers[0]), { force: true });
        numbers.shift();
      }
    },
    async [Symbol.asyncDispose]() {
      close();
      await Promise.all(closing);
    },
  };
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => /^journal-(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .toSorted((one, other) => one - other);
}

function headOf(mark: Buffer, record: Buffer): Buffer {
  const head = Buffer.allocUnsafe(recordHeadBytes);
  head.set(mark);
  head.writeUInt32BE(record.length, markBytes);
  head.set(checksumOf(record), markBytes + 4);
  return head;
}

function checksumOf(record: Buffer): Buffer {
  return createHash('sha256').update(record).digest().subarray(0, checksumBytes);
}

/** Moves the position on when all of it is on disk. */
async function writeDurably(to: Current, parts: readonly Buffer[]): Promise<void> {
  const { file, position } = to;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  let { bytesWritten } = await file.writev(parts, position);
  // A disk that gets full takes a part; why no more, it says when asked for the rest.
  while (bytesWritten < size) {
    const rest = Buffer.concat(parts).subarray(bytesWritten);
    bytesWritten += (await file.write(rest, 0, rest.length, position + bytesWritten)).bytesWritten;
  }
  if (!isWriteDurable) await file.datasync();
  to.position += size;
}

/** All of what was refused may stand there, as if it had been taken. */
async function takeBack(from: Current): Promise<void> {
  try {
    await from.file.truncate(from.position);
    await from.file.datasync();
  } catch (error) {
    from.fault = new Error(`an append that was refused could not be taken back: ${messageFrom(error)}`, {
      cause: error,
    });
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/**
 * An append that was cut off, which nobody was answered, can only be the last one of the file of a process that was
 * killed: whatever else is not as it was written is damage.
 */
function* recordsOf(path: string): Iterable<Buffer> {
  const bytes = readJournal(path);
  // One whose head was cut off has no record.
  if (bytes.length <= fileHeadBytes) return;
  if (!bytes.subarray(0, magic.length).equals(magic)) throw damaged(path, 'is not a journal');
  const mark = bytes.subarray(magic.length, fileHeadBytes);
  let at = fileHeadBytes;
  for (let record = recordAt(bytes, at, mark); record !== undefined; record = recordAt(bytes, at, mark)) {
    if (record.length > 0) yield record;
    at += recordHeadBytes + record.length;
  }
  for (let next = bytes.indexOf(mark, at + 1); next >= 0; next = bytes.indexOf(mark, next + 1)) {
    if (recordAt(bytes, next, mark) !== undefined) throw damaged(path, `is damaged at byte ${at}`);
  }
}

function readJournal(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw damaged(path, 'cannot be read', error);
  }
}

function recordAt(bytes: Buffer, at: number, mark: Buffer): Buffer | undefined {
  const from = at + recordHeadBytes;
  if (from > bytes.length || !bytes.subarray(at, at + markBytes).equals(mark)) return undefined;
  const record = bytes.subarray(from, from + bytes.readUInt32BE(at + markBytes));
  return record.length === bytes.readUInt32BE(at + markBytes) &&
    checksumOf(record).equals(bytes.subarray(at + markBytes + 4, from))
    ? record
    : undefined;
}
