/**
 * The logs of a stack's parts as one: what there is in order of time, then what comes as it comes.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../services/core/time/clock.ts';
import type { LogLine } from '../output/log-line.ts';
import { orAborted } from './aborted.ts';

export interface LogSource {
  /** Another source of the same key is the same log: name of a file, id of a container. */
  readonly key: string;
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
  readonly clock: Clock;
}

/** A filter may leave few of a source's lines: so many more of them are looked at. */
const lookedAt = 20;
/** Between looks for logs that were not there before. */
const lookEveryMs = 1_000;
/** Of a log that was not there before: what it says before it is found. */
const wholeLines = 10_000;

/** `find`: the logs that there are. With `follow`, those that were not there before are followed from their beginning. */
export async function* mergeLogs(
  find: () => Promise<readonly LogSource[]>,
  options: MergeOptions,
): AsyncGenerator<LogLine, void> {
  const { tail, follow, accept, clock } = options;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  // Each log waits with it.
  setMaxListeners(0, signal, options.signal);
  const sources = await find();
  const opened = await Promise.all(sources.map((source) => source.open({ tail: tail * lookedAt, signal })));
  const lines = opened.flatMap(({ history }) => inTime(history)).filter(({ line }) => accept(line));
  const sorted = lines.toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  yield* (tail === 0 ? [] : sorted.slice(-tail)).map(({ line }) => line);
  if (!follow) return;
  const known = new Set(sources.map(({ key }) => key));
  const coming = arriving(find, { known, clock, signal });
  try {
    const live = opened.map((one) => one.live());
    for await (const line of joined(live, coming)) if (accept(line)) yield line;
  } finally {
    // After an error of one of them the others, too, are to end.
    over.abort(new Error('the logs are not followed any more'));
  }
}

/** Each log that is not known yet, whole. Ends when the signal aborts. */
async function* arriving(
  find: () => Promise<readonly LogSource[]>,
  { known, clock, signal }: { readonly known: Set<string>; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<AsyncIterable<LogLine>, void> {
  for (;;) {
    await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    // Who cannot be asked now is asked again; one that does not answer holds nobody up who wants to leave.
    const found = await orAborted<readonly LogSource[]>(
      find().catch(() => []),
      [],
      signal,
    );
    for (const source of found) {
      if (known.has(source.key)) continue;
      // It may be gone already.
      const opened = await source.open({ tail: wholeLines, signal }).catch(() => undefined);
      if (opened === undefined) continue;
      known.add(source.key);
      yield whole(opened);
    }
  }
}

async function* whole(log: OpenLog): AsyncGenerator<LogLine, void> {
  yield* log.history;
  yield* log.live();
}

/** A line without a time of its own belongs to the one before it. */
function inTime(history: readonly LogLine[]): { readonly time: string; readonly line: LogLine }[] {
  let last = '';
  return history.map((line) => {
    last = line.time === '' ? last : line.time;
    return { time: last, line };
  });
}

/** As they come; `coming` are more of them. */
async function* joined(
  streams: readonly AsyncIterable<LogLine>[],
  coming: AsyncGenerator<AsyncIterable<LogLine>, void>,
): AsyncGenerator<LogLine, void> {
  type Step = () => Promise<{ readonly step: Step; readonly line?: LogLine; readonly ends: boolean }>;
  const waiting = new Map<Step, ReturnType<Step>>();
  const take = (step: Step): void => void waiting.set(step, step());
  const add = (stream: AsyncIterable<LogLine>): void => {
    const iterator = stream[Symbol.asyncIterator]();
    const step: Step = async () => {
      const { done, value } = await iterator.next();
      return done === true ? { step, ends: true } : { step, line: value, ends: false };
    };
    take(step);
  };
  streams.forEach(add);
  const more: Step = async () => {
    const { done, value } = await coming.next();
    if (value !== undefined) add(value);
    return { step: more, ends: done === true };
  };
  take(more);
  while (waiting.size > 0) {
    const { step, line, ends } = await Promise.race(waiting.values());
    if (ends) waiting.delete(step);
    else take(step);
    if (line !== undefined) yield line;
  }
}
