/**
 * Looks at an LMDB data file before LMDB maps it, because LMDB may die by a signal on a damaged one: both meta
 * pages, then the pages of the newest tree from the top, as many as fit the budget. A file that is shorter than
 * its last page number says may still be whole (LMDB: free pages at the end are not written), so then all are.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { noPage, pageOf, readMeta, type Meta } from './lmdb-page.ts';

const pageBudget = 200;

/** What is wrong with it, as the rest of a sentence that starts with its name; undefined when nothing was found. */
export function checkDataFile(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    return isMissing(error) ? 'is missing' : 'cannot be read';
  }
  try {
    return checkOpen(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function checkOpen(descriptor: number, size: number): string | undefined {
  const read = (at: number, length: number): Buffer | undefined => {
    const bytes = Buffer.allocUnsafe(length);
    return readSync(descriptor, bytes, 0, length, at) === length ? bytes : undefined;
  };
  const first = readMeta(read(0, 176));
  if (first === undefined) return size < 176 ? `is cut off at ${size} bytes` : 'is not an LMDB data file';
  const second = readMeta(read(first.pageSize, 176));
  if (second === undefined || second.pageSize !== first.pageSize) return 'has a damaged second page';
  const meta = second.transaction > first.transaction ? second : first;
  const whole = size >= (meta.lastPage + 1) * meta.pageSize;
  return checkTree(meta, { size, read, budget: whole ? pageBudget : Number.POSITIVE_INFINITY });
}

function checkTree(
  meta: Meta,
  file: { size: number; budget: number; read: (at: number, length: number) => Buffer | undefined },
): string | undefined {
  const pages = Math.floor(file.size / meta.pageSize);
  const waiting = meta.roots.filter((root) => root !== noPage);
  for (let i = 0; i < waiting.length && i < file.budget; i++) {
    const number = waiting[i] ?? 0;
    if (number >= pages) return `is cut off at ${file.size} bytes: page ${number} is missing`;
    const bytes = file.read(number * meta.pageSize, meta.pageSize);
    const page = bytes === undefined ? undefined : pageOf(bytes, number);
    if (page === undefined) return `is damaged at page ${number} (byte ${number * meta.pageSize})`;
    for (const { from, count } of page.overflows) {
      if (from + count > pages) return `is cut off at ${file.size} bytes: page ${from} is missing`;
    }
    for (const child of page.children) {
      if (child !== noPage) waiting.push(child);
    }
  }
  return undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
