/**
 * Dead letters in a table of their own; changes share the commits of the appends.
 */
import type { GroupCommit } from '../../embedded/group-commit.ts';
import type { BinaryTable } from '../../embedded/lmdb-folder.ts';
import { decodeLetter, decodePlace, encodeLetter, encodePlace } from '../dead-letter-bytes.ts';
import type { DeadLetter, DeadLetters } from '../dead-letters.ts';

export function createDeadLetters({ table, group }: { table: BinaryTable; group: GroupCommit }): DeadLetters {
  return {
    put: (letters) =>
      group.commit(() => {
        for (const letter of letters) void table.put(encodePlace(letter), encodeLetter(letter));
      }),
    async list(after, { maxRecords, maxBytes }) {
      const found: DeadLetter[] = [];
      let bytes = 0;
      const range = after === undefined ? {} : { start: encodePlace(after), exclusiveStart: true };
      for (const { key, value } of table.getRange({ ...range, limit: maxRecords })) {
        bytes += value.length;
        if (found.length > 0 && bytes > maxBytes) break;
        found.push(decodeLetter(decodePlace(key), value));
      }
      return found;
    },
    async get(place) {
      const value = table.get(encodePlace(place));
      return value === undefined ? undefined : decodeLetter(place, value);
    },
    remove: (places) =>
      group.commit(() => {
        for (const place of places) void table.remove(encodePlace(place));
      }),
    async count() {
      return table.getCount({});
    },
  };
}
