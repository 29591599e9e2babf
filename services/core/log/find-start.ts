/**
 * Where a reader starts so that it folds truly: at the `asOf` of a Mark, or at the first record of a log
 * that nothing was removed from. Looks back from where it wants to be, in growing steps.
 */
import { CecochatError } from '../errors.ts';
import { messageIdTimeMs } from '../message-id.ts';
import { emptyState, type LogEntry } from './fold.ts';
import type { PartitionState } from './record.ts';

/** What of one partition's log can be read. */
export interface LogView {
  bounds(): Promise<{ readonly start: number; readonly end: number }>;
  /** Records from `from` on, in order, at most those below `below`; several calls may be needed for all. */
  read(from: number, below: number): Promise<readonly LogEntry[]>;
}

export interface Start {
  readonly from: number;
  /** Before the record at `from`. */
  readonly state: PartitionState;
}

export interface OwnerStart extends Start {
  readonly end: number;
  readonly keysSinceMs: number;
  /** Everything from `from` to `end`, which was read on the way; undefined when it was too much to keep. */
  readonly entries: readonly LogEntry[] | undefined;
}

const mostKept = 200_000;

const firstStep = 512;
const keyWindowMs = 660_000;
const keyAheadMs = 60_000;

/**
 * The nearest start at or below `offset`; when the log begins later, the earliest one there is. An empty log
 * that had records: at its end. Throws feed.expired when what is left has no Mark.
 */
export async function findStart(log: LogView, offset: number): Promise<Start> {
  const { start, end } = await log.bounds();
  const wanted = Math.max(start, Math.min(offset, end));
  let found: Start | undefined;
  await backward(log, { start, end: wanted }, (entries) => {
    for (const { record } of entries)
      if (record.kind === 'mark' && isStart(record.asOf, start, wanted) && record.asOf >= (found?.from ?? 0))
        found = { from: record.asOf, state: record.state };
    return found === undefined;
  });
  if (found !== undefined) return found;
  if (start === 0) return { from: 0, state: emptyState };
  return firstFrom(log, { start, end, wanted });
}

/**
 * How far back a take-over reads: to a Mark below what the relay has not finished, and below every accepted
 * key of the last ten minutes (an accepted key is at most a minute younger than its message's id).
 */
export async function findTakeOverStart(log: LogView, nowMs: number): Promise<OwnerStart> {
  const { start, end } = await log.bounds();
  const choice = createTakeOverChoice(nowMs);
  /** The newest first. */
  const chunks: (readonly LogEntry[])[] = [];
  let kept = 0;
  await backward(log, { start, end }, (entries) => {
    kept += entries.length;
    if (kept <= mostKept) chunks.push(entries);
    return choice.look(entries);
  });
  const entriesFrom = (from: number): readonly LogEntry[] | undefined =>
    kept > mostKept
      ? undefined
      : chunks
          .toReversed()
          .flat()
          .filter(({ offset }) => offset >= from);
  const { at, keysSinceMs } = choice.result();
  if (at !== undefined && at.from >= start) return { ...at, end, keysSinceMs, entries: entriesFrom(at.from) };
  if (start === 0) {
    const whole = { from: 0, state: emptyState, end, keysSinceMs: Number.NEGATIVE_INFINITY };
    return { ...whole, entries: entriesFrom(0) };
  }
  const from = await firstFrom(log, { start, end, wanted: start });
  return {
    ...from,
    end,
    keysSinceMs: Math.max(keysSinceMs, choice.oldestMs() + keyAheadMs),
    entries: entriesFrom(from.from),
  };
}

/** The decision alone, from a log's records chunk by chunk, the newest chunk first. */
export function createTakeOverChoice(nowMs: number): {
  /** True while older records are needed. */
  look(entries: readonly LogEntry[]): boolean;
  result(): { readonly at: Start | undefined; readonly keysSinceMs: number };
  /** Id time of the oldest message seen. */
  oldestMs(): number;
} {
  const marks: Start[] = [];
  const oldestAllowed = nowMs - keyWindowMs;
  /** Below this offset no record is needed for keys. */
  let keysFrom = Number.POSITIVE_INFINITY;
  let oldestMs = Number.POSITIVE_INFINITY;
  let allKeys = false;
  /** What the newest Mark says: the relay's position is there or later. */
  let relayed: number | undefined;

  function pick(): Start | undefined {
    if (!allKeys || relayed === undefined) return undefined;
    const most = Math.min(keysFrom, relayed);
    let best: Start | undefined;
    for (const mark of marks) if (mark.from <= most && mark.from >= (best?.from ?? 0)) best = mark;
    return best;
  }

  return {
    look(entries) {
      for (const { offset, record } of entries.toReversed()) {
        if (record.kind === 'mark') {
          relayed ??= record.state.relayed;
          marks.push({ from: record.asOf, state: record.state });
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

function isStart(asOf: number, start: number, most: number): boolean {
  return asOf >= start && asOf <= most;
}

/** The first Mark at or above the log's start that lies nearest below, else above, `wanted`. */
async function firstFrom(log: LogView, at: { start: number; end: number; wanted: number }): Promise<Start> {
  if (at.start === at.end)
    throw new CecochatError('feed.expired', `the log is empty from ${at.start} on: no Mark says the state there`);
  let best: Start | undefined;
  let from = at.start;
  while (from < at.end) {
    const entries = await log.read(from, at.end);
    for (const { record } of entries) {
      if (record.kind !== 'mark' || record.asOf < at.start) continue;
      const candidate = { from: record.asOf, state: record.state };
      if (record.asOf <= at.wanted || best === undefined) best = candidate;
      if (record.asOf >= at.wanted) return best;
    }
    from = (entries.at(-1)?.offset ?? at.end) + 1;
  }
  if (best !== undefined) return best;
  throw new CecochatError('feed.expired', `the log from ${at.start} to ${at.end} holds no Mark to start from`);
}

/** Hands over everything from `end` down to `start`, newest chunk first, while `look` wants more. */
async function backward(
  log: LogView,
  { start, end }: { start: number; end: number },
  look: (entries: readonly LogEntry[]) => boolean,
): Promise<void> {
  let below = end;
  for (let step = firstStep; below > start; step = Math.min(step * 2, 65_536)) {
    const from = Math.max(start, below - step);
    const chunk: LogEntry[] = [];
    for (let next = from; next < below;) {
      const entries = await log.read(next, below);
      for (const entry of entries) if (entry.offset < below) chunk.push(entry);
      next = (entries.at(-1)?.offset ?? below) + 1;
    }
    if (!look(chunk)) return;
    below = from;
  }
}
