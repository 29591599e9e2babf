/**
 * The logs of a stack's parts as one: what there is in order of time, then what comes as it comes.
 */
import type { LogLine } from '../output/log-line.ts';

export interface LogSource {
  /** `tail`: how many of its last lines are wanted at most. */
  open(options: { readonly tail: number; readonly signal: AbortSignal }): Promise<OpenLog>;
}

export interface OpenLog {
  readonly history: readonly LogLine[];
  /** What is added after the history, without a gap; ends with the source or when the signal aborts. */
  live(): AsyncIterable<LogLine>;
}

export interface MergeOptions {
  readonly tail: number;
  readonly follow: boolean;
  readonly accept: (line: LogLine) => boolean;
  readonly signal: AbortSignal;
}

/** A filter may leave few of a source's lines: so many more of them are looked at. */
const lookedAt = 20;

export async function* mergeLogs(
  sources: readonly LogSource[],
  { tail, follow, accept, signal }: MergeOptions,
): AsyncGenerator<LogLine, void> {
  const opened = await Promise.all(sources.map((source) => source.open({ tail: tail * lookedAt, signal })));
  const lines = opened.flatMap(({ history }) => inTime(history)).filter(({ line }) => accept(line));
  const sorted = lines.toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  yield* (tail === 0 ? [] : sorted.slice(-tail)).map(({ line }) => line);
  if (!follow) return;
  for await (const line of joined(opened.map((one) => one.live()))) if (accept(line)) yield line;
}

/** A line without a time of its own belongs to the one before it. */
function inTime(history: readonly LogLine[]): { readonly time: string; readonly line: LogLine }[] {
  let last = '';
  return history.map((line) => {
    last = line.time === '' ? last : line.time;
    return { time: last, line };
  });
}

/** As they come. */
async function* joined(streams: readonly AsyncIterable<LogLine>[]): AsyncGenerator<LogLine, void> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next = async (index: number) => ({ index, result: await iterators[index]?.next() });
  const waiting = new Map(iterators.map((_iterator, index) => [index, next(index)]));
  while (waiting.size > 0) {
    const { index, result } = await Promise.race(waiting.values());
    if (result === undefined || result.done === true) {
      waiting.delete(index);
    } else {
      waiting.set(index, next(index));
      yield result.value;
    }
  }
}
