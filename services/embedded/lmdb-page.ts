/**
 * LMDB's pages, as far as checking them needs (data version 2, little-endian; mdb.c: MDB_page_header, MDB_meta,
 * MDB_db, MDB_node). Header of 24 bytes: number u64, transaction u64, pad u16, flags u16, lower u16, upper u16;
 * then u16 places of nodes, counted from behind the header. Node: size or page u32, flags u16, key size u16, key, data.
 */
const magic = 0xbeefc0de;
const dataVersion = 2;
const header = 24;
const branch = 0x01;
const leaf = 0x02;
const metaFlag = 0x08;
const bigData = 0x01;
const subData = 0x02;

/** Stands for an empty table's root. */
export const noPage = 2 ** 64;

export interface Meta {
  readonly pageSize: number;
  /** Of the free pages and of the main table; `noPage` when empty. */
  readonly roots: readonly number[];
  readonly lastPage: number;
  readonly transaction: bigint;
}

/** Undefined when it is none, or one that cannot be right. */
export function readMeta(bytes: Buffer | undefined): Meta | undefined {
  if (bytes === undefined || (bytes.readUInt16LE(18) & metaFlag) === 0) return undefined;
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt32LE(28) !== dataVersion) return undefined;
  const pageSize = bytes.readUInt32LE(48);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  return {
    pageSize,
    roots: [readNumber(bytes, 88), readNumber(bytes, 136)],
    lastPage: readNumber(bytes, 144),
    transaction: bytes.readBigUInt64LE(152),
  };
}

export interface Page {
  /** Branch or leaf pages below it, roots of other tables included. */
  readonly children: readonly number[];
  /** Runs of pages that hold large values. */
  readonly overflows: readonly { readonly from: number; readonly count: number }[];
}

/** Undefined when these bytes cannot be the branch or leaf page of this number. */
export function pageOf(bytes: Buffer, number: number): Page | undefined {
  const flags = bytes.readUInt16LE(18);
  const kind = flags & 0x0f;
  const lower = bytes.readUInt16LE(20);
  const upper = bytes.readUInt16LE(22);
  if (readNumber(bytes, 0) !== number || (kind !== branch && kind !== leaf)) return undefined;
  if (lower > upper || upper > bytes.length - header || lower % 2 !== 0) return undefined;
  const children: number[] = [];
  const overflows: { from: number; count: number }[] = [];
  for (let i = 0; i < lower; i += 2) {
    const at = bytes.readUInt16LE(header + i) + header;
    if (at + 8 > bytes.length) return undefined;
    const size = bytes.readUInt32LE(at);
    const nodeFlags = bytes.readUInt16LE(at + 4);
    if (kind === branch) {
      children.push(size + nodeFlags * 2 ** 32);
      continue;
    }
    const data = at + 8 + bytes.readUInt16LE(at + 6);
    const needs = (nodeFlags & bigData) === 0 ? size : 8;
    if (data + needs > bytes.length) return undefined;
    if ((nodeFlags & bigData) !== 0) {
      const count = Math.ceil((size + header) / bytes.length);
      overflows.push({ from: readNumber(bytes, data), count });
    } else if ((nodeFlags & subData) !== 0 && size === 48) {
      children.push(readNumber(bytes, data + 40));
    }
  }
  return { children, overflows };
}

/** A page number; all ones reads as `noPage`. */
function readNumber(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
