/**
 * What the next Mark says about keys: those of the sends since the last Mark, together with that Mark's own while
 * these are few and recent, and otherwise its offset. So a take-over reads a handful of Marks instead of ten
 * minutes of sends, and no key is written more than a few times.
 */
import { sendKeyTimeMs, type SendKey } from '../../core/ids.ts';
import type { TakeOverStart } from '../../core/log/take-over.ts';
import type { AcceptedKey, Mark, MarkedKeys, PartitionState } from '../../core/log/record.ts';
import { createKeyList, type KeyList } from './key-list.ts';
import { keyLifeMs } from './known-keys.ts';

export interface MarkSizes {
  /** A Mark takes the keys of the one before along while it has at most so many. */
  readonly mergedKeys: number;
  /** More than these are never in one Mark: the oldest of them count as expired after a take-over. */
  readonly mostKeys: number;
  /** A Mark is due after so many records. */
  readonly records: number;
}

export const usualMarkSizes: MarkSizes = { mergedKeys: 1024, mostKeys: 16_384, records: 1000 };

export interface MarkedKeysWriter {
  /** A valid send was read. */
  add(accepted: AcceptedKey): void;
  /** A valid Mark was read. */
  marked(offset: number, mark: Mark): void;
  /** For a Mark that stands at `asOf`; undefined when that lies before the last one. */
  upTo(asOf: number, nowMs: number): MarkedKeys | undefined;
  /** Whether the log has grown so far since the last Mark that a take-over would read for long. */
  isDue(next: number, state: PartitionState): boolean;
}

/** An entry of a Mark's state takes a sixth of a record or so: a Mark for four times as many records is cheap. */
const recordsPerEntry = 4;

export function createMarkedKeys(start: TakeOverStart, sizes: MarkSizes): MarkedKeysWriter {
  let last = start.mark === undefined ? undefined : lastMark(start.mark);
  const since = createKeyList();
  let markedAt = start.mark?.offset ?? start.from;

  function lastPiece(nowMs: number, count: number): MarkedKeys {
    if (last === undefined) {
      const beforeMs = Math.max(0, Math.ceil(start.keysSinceMs));
      return { from: start.from, beforeMs, earlier: -1, accepted: [] };
    }
    const { offset, asOf, keys } = last;
    const accepted = last.accepted.first(last.accepted.length);
    const [oldest] = accepted;
    const isRecent = oldest === undefined || sendKeyTimeMs(oldest.key) > nowMs - keyLifeMs;
    if (isRecent && accepted.length + count <= sizes.mergedKeys) return { ...keys, accepted };
    return { from: asOf, beforeMs: beforeMsOf(keys.beforeMs, accepted), earlier: offset, accepted: [] };
  }

  return {
    add: (accepted) => since.push(accepted),
    marked(offset, { asOf, keys }) {
      markedAt = offset;
      if (keys === undefined || asOf < (last?.asOf ?? start.from)) return;
      last = lastMark({ offset, asOf, keys });
      since.dropFirst(since.below(asOf));
    },
    upTo(asOf, nowMs) {
      if (asOf < (last?.asOf ?? start.from)) return undefined;
      const fresh = since.first(since.below(asOf));
      const piece = lastPiece(nowMs, fresh.length);
      const accepted = [...piece.accepted, ...fresh];
      const excess = accepted.splice(0, Math.max(0, accepted.length - sizes.mostKeys));
      if (excess.length === 0) return { ...piece, accepted };
      const from = accepted[0]?.offset ?? asOf;
      return { from, beforeMs: beforeMsOf(piece.beforeMs, excess), earlier: -1, accepted };
    },
    isDue(next, { accepted, derived }) {
      const most = Math.max(sizes.records, recordsPerEntry * (accepted.size + derived.size));
      return next - markedAt >= Math.min(most, sizes.mostKeys / 2);
    },
  };
}

interface LastMark {
  readonly offset: number;
  readonly asOf: number;
  readonly keys: Omit<MarkedKeys, 'accepted'>;
  readonly accepted: KeyList;
}

function lastMark({ offset, asOf, keys }: { offset: number; asOf: number; keys: MarkedKeys }): LastMark {
  const { accepted, ...rest } = keys;
  return { offset, asOf, keys: rest, accepted: createKeyList(accepted) };
}

function beforeMsOf(beforeMs: number, accepted: readonly AcceptedKey[]): number {
  return accepted.reduce((most, { key }) => Math.max(most, timeAfter(key)), beforeMs);
}

function timeAfter(key: SendKey): number {
  return sendKeyTimeMs(key) + 1;
}
