/**
 * How far back a take-over reads: to a Mark below what the relay has not finished. The keys of the last ten
 * minutes come from that Mark and those that it names; without them, from the sends themselves.
 */
import { messageIdTimeMs } from '../message-id.ts';
import { backward, firstFrom, readAll, type LogView, type Start } from './find-start.ts';
import { emptyState, type LogEntry } from './fold.ts';
import type { AcceptedKey, LogRecord, MarkedKeys } from './record.ts';

/** A start at a Mark's `asOf`. */
export interface MarkedStart extends Start {
  /** The Mark's own offset. */
  readonly offset: number;
  readonly keys: MarkedKeys | undefined;
}

export interface TakeOverStart extends Start {
  /** The log's end when the start was chosen: the new owner fences once it has folded up to here. */
  readonly end: number;
  /** Every accepted key made at or after this time (milliseconds since 1970) is in `keys` or in the records from `from` on. */
  readonly keysSinceMs: number;
  /** Accepted below `from`. */
  readonly keys: readonly AcceptedKey[];
  /** The Mark that `from` and `state` come from, when it carries keys: the next Mark goes on from it. */
  readonly mark: { readonly offset: number; readonly asOf: number; readonly keys: MarkedKeys } | undefined;
  /** Targets that something was derived for at or above this offset may miss it yet. */
  readonly usedFrom: number;
}

export interface ReadTakeOverStart extends TakeOverStart {
  /** Everything from `from` to `end`, which was read on the way; undefined when it was too much to keep. */
  readonly entries: readonly LogEntry[] | undefined;
}

export const startOfLog = { from: 0, state: emptyState, keys: [], mark: undefined, usedFrom: 0 } as const;

const mostKept = 200_000;
const keyWindowMs = 660_000;
const keyAheadMs = 60_000;

/** An accepted key is at most a minute younger than its message's id. Error: feed.expired, when no Mark is left. */
export async function findTakeOverStart(log: LogView, nowMs: number): Promise<ReadTakeOverStart> {
  const { start, end } = await log.bounds();
  const choice = createTakeOverChoice(nowMs);
  /** The newest first. */
  const chunks: (readonly LogEntry[])[] = [];
  let readFrom = end;
  let kept = 0;
  await backward(log, { start, end }, (entries, from) => {
    readFrom = from;
    kept += entries.length;
    if (kept <= mostKept) chunks.push(entries);
    return choice.look(entries);
  });
  const entriesFrom = async (from: number): Promise<readonly LogEntry[] | undefined> => {
    if (kept > mostKept || readFrom - from > mostKept) return undefined;
    const read = chunks.toReversed().flat();
    // A Mark says the state at an earlier place: that may lie below all that was looked through to find the Mark.
    if (from < readFrom) return [...(await readAll(log, from, readFrom)), ...read];
    return read.filter(({ offset }) => offset >= from);
  };
  const { at, keysSinceMs } = choice.result();
  if ((at === undefined || at.from < start) && start === 0)
    return { ...startOfLog, end, keysSinceMs: Number.NEGATIVE_INFINITY, entries: await entriesFrom(0) };
  const isCut = at === undefined || at.from < start;
  const marked = isCut ? await firstFrom(log, { start, end, wanted: start }) : at;
  const oldestKnownMs = isCut ? choice.oldestMs() + keyAheadMs : Number.NEGATIVE_INFINITY;
  const walk = walkKeys(marked, { keysSinceMs, oldestKnownMs });
  let step = walk.next();
  while (step.done !== true) {
    const offset = step.value;
    const found = offset < start ? [] : await log.read(offset, offset + 1);
    step = walk.next(found.find((entry) => entry.offset === offset)?.record);
  }
  return { ...step.value, end, entries: await entriesFrom(marked.from) };
}

/** The decision alone, from a log's records chunk by chunk, the newest chunk first. */
export function createTakeOverChoice(nowMs: number): {
  /** True while older records are needed. */
  look(entries: readonly LogEntry[]): boolean;
  result(): { readonly at: MarkedStart | undefined; readonly keysSinceMs: number };
  /** Id time of the oldest message seen. */
  oldestMs(): number;
} {
  const marks: MarkedStart[] = [];
  const oldestAllowed = nowMs - keyWindowMs;
  /** Below this offset no record is needed for keys. */
  let keysFrom = Number.POSITIVE_INFINITY;
  let oldestMs = Number.POSITIVE_INFINITY;
  let allKeys = false;
  /** What the newest Mark says: the relay's position is there or later. */
  let relayed: number | undefined;

  function pick(): MarkedStart | undefined {
    let best: MarkedStart | undefined;
    for (const mark of marks) {
      if (relayed === undefined || mark.from > relayed || mark.from < (best?.from ?? 0)) continue;
      if (mark.keys !== undefined || (allKeys && mark.from <= keysFrom)) best = mark;
    }
    return best;
  }

  return {
    look(entries) {
      for (const { offset, record } of entries.toReversed()) {
        if (record.kind === 'mark') {
          relayed ??= record.state.relayed;
          marks.push({ from: record.asOf, state: record.state, offset, keys: record.keys });
        } else if (record.kind === 'sent' && !allKeys) {
          const madeMs = messageIdTimeMs(record.messageId);
          oldestMs = Math.min(oldestMs, madeMs);
          if (madeMs < oldestAllowed) allKeys = true;
          else keysFrom = offset;
        }
      }
      return pick() === undefined;
    },
    result: () => ({ at: pick(), keysSinceMs: nowMs - keyWindowMs + keyAheadMs }),
    oldestMs: () => oldestMs,
  };
}

/**
 * Collects the keys that a start's Mark has, and those of the Marks before it, back to `keysSinceMs`. Yields the
 * offset of a Mark that it needs, takes the record there; another one than expected ends the walk: what it does not
 * know then counts as expired. It also goes back to where the partition's newest id is as old: what was derived since,
 * confirmations above all, has no key, and its target may miss it.
 */
export function* walkKeys(
  start: MarkedStart,
  since: { readonly keysSinceMs: number; readonly oldestKnownMs: number },
): Generator<number, Omit<TakeOverStart, 'end'>, LogRecord | undefined> {
  const { from, state, offset, keys } = start;
  if (keys === undefined) {
    const keysSinceMs = Math.max(since.keysSinceMs, since.oldestKnownMs);
    return { from, state, keysSinceMs, keys: [], mark: undefined, usedFrom: from };
  }
  const pieces = [keys.accepted];
  let oldest = keys;
  let isRecent = messageIdTimeMs(state.highestId) > since.keysSinceMs;
  for (let above = offset; (isRecent || oldest.beforeMs > since.keysSinceMs) && oldest.earlier >= 0;) {
    if (oldest.earlier >= above) break;
    above = oldest.earlier;
    const record = yield oldest.earlier;
    if (record?.kind !== 'mark' || record.keys === undefined || record.asOf !== oldest.from) break;
    oldest = record.keys;
    isRecent = messageIdTimeMs(record.state.highestId) > since.keysSinceMs;
    pieces.push(oldest.accepted);
  }
  return {
    from,
    state,
    keysSinceMs: Math.max(since.keysSinceMs, oldest.beforeMs),
    keys: pieces.toReversed().flat(),
    mark: { offset, asOf: from, keys },
    usedFrom: oldest.from,
  };
}
