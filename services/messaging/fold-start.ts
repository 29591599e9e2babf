/**
 * Where a replay starts to fold, so that it knows the state before the offset that it wants.
 */
import type { Backplane } from '../backplane/backplane.ts';
import { decodeRecord } from '../backplane/codec.ts';
import { findStart, type LogView } from '../core/log/find-start.ts';
import type { FoldStart } from './owner.ts';

/** Undefined when the log does not reach back so far. */
export function foldStartFrom(backplane: Backplane) {
  return async (partition: number, offset: number): Promise<FoldStart | undefined> => {
    const start = await findStart(viewOf(backplane, partition), offset);
    return start.from > offset ? undefined : start;
  };
}

const most = { maxRecords: 4096, maxBytes: 4 * 1024 * 1024 };

/** One partition's log, decoded. */
export function viewOf(backplane: Backplane, partition: number): LogView {
  return {
    bounds: () => backplane.bounds(partition),
    async read(from, below) {
      const maxRecords = Math.min(most.maxRecords, below - from);
      const records = await backplane.read(partition, from, { ...most, maxRecords });
      return records
        .filter(({ offset }) => offset < below)
        .map(({ offset, value }) => ({ offset, record: decodeRecord(value) }));
    },
  };
}
