/**
 * Keys of accepted sends in typed arrays. Hundreds of thousands are known for ten minutes: as objects, with a
 * string and two bigints each, they were a third of what the garbage collector had to mark.
 */
import type { MessageId, SendKey, UserId } from '../../core/ids.ts';
import type { AcceptedKey } from '../../core/log/record.ts';

export interface KeyList {
  readonly length: number;
  push(entry: AcceptedKey): void;
  /** The first `count` entries, as they were pushed. */
  first(count: number): AcceptedKey[];
  /** How many at the beginning have an offset below this one; offsets grow from entry to entry. */
  below(offset: number): number;
  /** Gives up the first `count` entries. */
  dropFirst(count: number): void;
}

export interface KeyTable {
  /** Answers its number. */
  add(entry: AcceptedKey): number;
  setOffset(number: number, offset: number): void;
  /** Whether any of them has an offset below 0. */
  hasNegative(): boolean;
  /** The first one of that sender and key. */
  find(senderId: UserId, key: SendKey): AcceptedKey | undefined;
}

const keyWords = 4;
const firstCapacity = 8;

interface Move {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
}

interface Columns {
  readonly words: Uint32Array;
  /** Sender and message, two for each entry. */
  readonly ids: BigInt64Array;
  readonly offsets: Float64Array;
}

export function createKeyList(entries: readonly AcceptedKey[] = []): KeyList {
  const list = createColumns();
  for (const entry of entries) list.push(entry);
  return {
    get length() {
      return list.length;
    },
    push: (entry) => list.push(entry),
    first: (count) => Array.from({ length: count }, (_, index) => list.at(index)),
    below(offset) {
      let low = 0;
      for (let high = list.length; low < high;) {
        const middle = (low + high) >>> 1;
        if (list.offsetAt(middle) < offset) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    dropFirst: (count) => list.dropFirst(count),
  };
}

/** Seeded, so that nobody can make keys that meet in one place. */
export function createKeyTable(seed: number): KeyTable {
  const list = createColumns();
  /** Number of an entry plus one; 0 is free. At most half are taken. */
  let slots = new Int32Array(2 * firstCapacity);

  const wanted = new Uint32Array(keyWords);
  const slotOf = (words: Uint32Array, at: number): number => {
    let hash = seed;
    for (let word = at; word < at + keyWords; word += 1) {
      hash = Math.imul(hash ^ (words[word] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (slots.length - 1);
  };
  const place = (index: number): void => {
    let slot = slotOf(list.words(), index * keyWords);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = index + 1;
  };

  return {
    add(entry) {
      list.push(entry);
      const number = list.length - 1;
      if (2 * list.length <= slots.length) {
        place(number);
        return number;
      }
      slots = new Int32Array(2 * slots.length);
      for (let index = 0; index < list.length; index += 1) place(index);
      return number;
    },
    setOffset: (number, offset) => list.setOffset(number, offset),
    hasNegative() {
      for (let index = 0; index < list.length; index += 1) if (list.offsetAt(index) < 0) return true;
      return false;
    },
    find(senderId, key) {
      writeWords(key, wanted, 0);
      let slot = slotOf(wanted, 0);
      for (let taken = slots[slot] ?? 0; taken !== 0; taken = slots[slot] ?? 0) {
        if (list.is(taken - 1, wanted, senderId)) return list.at(taken - 1);
        slot = (slot + 1) & (slots.length - 1);
      }
      return undefined;
    },
  };
}

function createColumns() {
  let columns = columnsFor(firstCapacity);
  let length = 0;

  return {
    get length() {
      return length;
    },
    words: () => columns.words,
    is(index: number, words: Uint32Array, senderId: UserId): boolean {
      for (let word = 0; word < keyWords; word += 1) {
        if (columns.words[index * keyWords + word] !== words[word]) return false;
      }
      return columns.ids[2 * index] === senderId;
    },
    push({ key, senderId, messageId, offset }: AcceptedKey) {
      if (length === columns.offsets.length) columns = moved(columns, { from: 0, to: length, capacity: 2 * length });
      writeWords(key, columns.words, length * keyWords);
      columns.ids[2 * length] = senderId;
      columns.ids[2 * length + 1] = messageId;
      columns.offsets[length] = offset;
      length += 1;
    },
    at(index: number): AcceptedKey {
      const { words, ids, offsets } = columns;
      return {
        key: readWords(words, index * keyWords),
        senderId: (ids[2 * index] ?? 0n) as UserId,
        messageId: (ids[2 * index + 1] ?? 0n) as MessageId,
        offset: offsets[index] ?? -1,
      };
    },
    offsetAt: (index: number): number => columns.offsets[index] ?? -1,
    setOffset(index: number, offset: number) {
      columns.offsets[index] = offset;
    },
    dropFirst(count: number) {
      if (count <= 0) return;
      const left = Math.max(0, length - count);
      columns = moved(columns, { from: length - left, to: length, capacity: Math.max(firstCapacity, 2 * left) });
      length = left;
    },
  };
}

function columnsFor(capacity: number): Columns {
  return {
    words: new Uint32Array(keyWords * capacity),
    ids: new BigInt64Array(2 * capacity),
    offsets: new Float64Array(capacity),
  };
}

/** The entries from `from` to `to` with room for more of them, `capacity` in all. */
function moved({ words, ids, offsets }: Columns, { from, to, capacity }: Move): Columns {
  const next = columnsFor(capacity);
  next.words.set(words.subarray(keyWords * from, keyWords * to));
  next.ids.set(ids.subarray(2 * from, 2 * to));
  next.offsets.set(offsets.subarray(from, to));
  return next;
}

/** Eight, four and four, four and four, twelve digits with dashes between (RFC 9562, section 4). */
function writeWords(key: SendKey, into: Uint32Array, at: number): void {
  into[at] = Number.parseInt(key.slice(0, 8), 16);
  into[at + 1] = Number.parseInt(key.slice(9, 13) + key.slice(14, 18), 16);
  into[at + 2] = Number.parseInt(key.slice(19, 23) + key.slice(24, 28), 16);
  into[at + 3] = Number.parseInt(key.slice(28), 16);
}

function readWords(words: Uint32Array, at: number): SendKey {
  const [a, b, c, d] = [hex(words[at]), hex(words[at + 1]), hex(words[at + 2]), hex(words[at + 3])];
  // It was one when it was written; to check it again took half of the time of a Mark.
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}` as SendKey;
}

function hex(word = 0): string {
  return word.toString(16).padStart(8, '0');
}
