/**
 * Looks at an LMDB data file before LMDB maps it, because LMDB may die by a signal on a damaged one.
 * Offsets are those of LMDB's data version 2 (mdb.c: MDB_page_header, MDB_meta, MDB_db), little-endian.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const magic = 0xbeefc0de;
const dataVersion = 2;
const metaFlag = 0x08;

/** What is wrong with it, as the rest of a sentence; undefined when nothing was found (or there is no file yet). */
export function checkDataFile(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const size = fstatSync(descriptor).size;
    if (size === 0) return undefined;
    const head = Buffer.alloc(152);
    if (readSync(descriptor, head, 0, head.length, 0) < head.length) return `is cut off at ${size} bytes`;
    if (head.readUInt32LE(24) !== magic || head.readUInt32LE(28) !== dataVersion) return 'is not an LMDB data file';
    if ((head.readUInt16LE(18) & metaFlag) === 0) return 'has a damaged first page';
    const pageSize = head.readUInt32LE(48);
    if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return 'has a damaged first page';
    if (size < 2 * pageSize) return `is cut off at ${size} bytes`;
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
