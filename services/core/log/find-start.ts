/**
 * Where a reader starts so that it folds truly: at the `asOf` of a Mark, or at the first record of a log
 * that nothing was removed from. Looks back from where it wants to be, in growing steps.
 */
import { CecochatError } from '../errors.ts';
import { emptyState, type LogEntry } from './fold.ts';
import type { MarkedKeys, PartitionState } from './record.ts';

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

const firstStep = 512;

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
  const { from, state } = await firstFrom(log, { start, end, wanted });
  return { from, state };
}

function isStart(asOf: number, start: number, most: number): boolean {
  return asOf >= start && asOf <= most;
}

/** The first Mark at or above the log's start that lies nearest below, else above, `wanted`. */
export async function firstFrom(
  log: LogView,
  at: { start: number; end: number; wanted: number },
): Promise<Start & { readonly offset: number; readonly keys: MarkedKeys | undefined }> {
  if (at.start === at.end)
    throw new CecochatError('feed.expired', `the log is empty from ${at.start} on: no Mark says the state there`);
  let best: Awaited<ReturnType<typeof firstFrom>> | undefined;
  let from = at.start;
  while (from < at.end) {
    const entries = await log.read(from, at.end);
    for (const { offset, record } of entries) {
      if (record.kind !== 'mark' || record.asOf < at.start) continue;
      const candidate = { from: record.asOf, state: record.state, offset, keys: record.keys };
      if (record.asOf <= at.wanted || best === undefined) best = candidate;
      if (record.asOf >= at.wanted) return best;
    }
    from = (entries.at(-1)?.offset ?? at.end) + 1;
  }
  if (best !== undefined) return best;
  throw new CecochatError('feed.expired', `the log from ${at.start} to ${at.end} holds no Mark to start from`);
}

/** Hands over everything from `end` down to `start`, newest chunk first, while `look` wants more; each with where it begins. */
export async function backward(
  log: LogView,
  { start, end }: { start: number; end: number },
  look: (entries: readonly LogEntry[], from: number) => boolean,
): Promise<void> {
  let below = end;
  for (let step = firstStep; below > start; step = Math.min(step * 2, 65_536)) {
    const from = Math.max(start, below - step);
    if (!look(await readAll(log, from, below), from)) return;
    below = from;
  }
}

/** All records from `from` on and below `below`. */
export async function readAll(log: LogView, from: number, below: number): Promise<readonly LogEntry[]> {
  const all: LogEntry[] = [];
  for (let next = from; next < below;) {
    const entries = await log.read(next, below);
    for (const entry of entries) if (entry.offset < below) all.push(entry);
    next = (entries.at(-1)?.offset ?? below) + 1;
  }
  return all;
}
