/**
 * Dead letters in a compacted topic of one partition: the newest entry of a key counts, an empty one removes it.
 * Where each stands is kept in memory and brought up to date before every answer; the letters themselves are
 * read from the topic.
 */
import { CecochatError } from '../../core/errors.ts';
import { decodeLetter, decodePlace, encodeLetter, encodePlace } from '../dead-letter-bytes.ts';
import { compareDeadLetters, type DeadLetter, type DeadLetterPlace, type DeadLetters } from '../dead-letters.ts';
import type { Appends } from './appends.ts';
import type { Reads } from './reads.ts';

interface Entry {
  readonly place: DeadLetterPlace;
  readonly key: Buffer;
  /** In the topic. */
  readonly offset: number;
}

const chunk = { maxRecords: 10_000, maxBytes: 4 * 1024 * 1024 };
const one = { maxRecords: 1, maxBytes: 1 };
const mostTries = 3;

export function createDeadLetters({ appends, reads }: { appends: Appends; reads: Reads }): DeadLetters {
  const entries = new Map<string, Entry>();
  let readUpTo = 0;
  let reading = Promise.resolve();

  const readOn = async (): Promise<void> => {
    const { start, end } = await reads.bounds(0);
    for (let next = Math.max(start, readUpTo); next < end;) {
      const found = await reads.read(0, next, chunk);
      for (const { key, value, offset } of found.records) {
        if (key === undefined) continue;
        if (value.length === 0) entries.delete(key.toString('hex'));
        else entries.set(key.toString('hex'), { place: decodePlace(key), key: Buffer.from(key), offset });
      }
      // Compaction may leave nothing up to the end.
      next = found.next > next ? found.next : end;
      readUpTo = next;
    }
  };
  /** One after the other, and each from the end that the topic has then: what was put before the call is seen. */
  const upToDate = (): Promise<void> => {
    reading = reading.catch(() => undefined).then(readOn);
    return reading;
  };

  const letterAt = async ({ place, offset, key }: Entry): Promise<DeadLetter | undefined> => {
    const { records } = await reads.read(0, offset, one);
    const [record] = records;
    if (record?.offset !== offset || record.key?.equals(key) !== true) return undefined;
    return decodeLetter(place, Buffer.from(record.value));
  };
  /** An entry may be replaced, and compacted away, between the two reads. */
  const find = async (key: Buffer): Promise<DeadLetter | undefined> => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const entry = entries.get(key.toString('hex'));
      if (entry === undefined) return undefined;
      const letter = await letterAt(entry);
      if (letter !== undefined) return letter;
      await upToDate();
    }
    throw new CecochatError('engine.unavailable', 'the dead letters change faster than they can be read');
  };
  const store = async (all: readonly { readonly key: Buffer; readonly value: Buffer | null }[]): Promise<void> => {
    // Each on its own: together they may be more than an append takes.
    await Promise.all(all.map((each) => appends.append(0, [each])));
  };

  return {
    put: (letters) => store(letters.map((letter) => ({ key: encodePlace(letter), value: encodeLetter(letter) }))),
    async list(after, { maxRecords, maxBytes }) {
      await upToDate();
      const sorted = [...entries.values()]
        .filter(({ place }) => after === undefined || compareDeadLetters(place, after) > 0)
        .toSorted((a, b) => compareDeadLetters(a.place, b.place));
      const found: DeadLetter[] = [];
      let bytes = 0;
      for (const { key } of sorted.slice(0, maxRecords)) {
        const letter = await find(key);
        // Removed meanwhile.
        if (letter === undefined) continue;
        bytes += letter.value.length;
        if (found.length > 0 && bytes > maxBytes) break;
        found.push(letter);
      }
      return found;
    },
    async get(place) {
      await upToDate();
      return find(encodePlace(place));
    },
    async remove(places) {
      await upToDate();
      const keys = places.map(encodePlace).filter((key) => entries.has(key.toString('hex')));
      await store(keys.map((key) => ({ key, value: null })));
    },
    async count() {
      await upToDate();
      return entries.size;
    },
  };
}
