/**
 * All appends of this server to one partition, one on its way at a time. Own records stay until they were
 * read back as valid and an append of theirs or a later one was cleanly answered; derived ones until cleanly
 * answered. Otherwise they are appended again, in order. Design: "Appending".
 */
import type { LogRecord, OwnRecord } from '../../core/log/record.ts';
import type { Clock } from '../../core/time/clock.ts';
import { createQueue } from './queue.ts';

/** What follows from logs alone and may be appended by anyone, any number of times. */
export type SharedRecord = Exclude<LogRecord, OwnRecord | { kind: 'unknown' }>;

export interface OwnEntry {
  readonly record: OwnRecord;
  /** It is read back as valid and cleanly answered. */
  readonly settled: (offset: number) => void;
  /** Whether it exists will be known to the next owner only. */
  readonly dropped: () => void;
}

export interface SharedEntry {
  readonly record: SharedRecord;
  /** The partition that it follows from. */
  readonly origin: number;
  readonly answered: () => void;
}

export type Answer = { readonly partition: number; readonly baseOffset: number } | { readonly error: unknown };

export interface Appender {
  /** Own records have sequences 0 (the fence), 1, 2 … without a gap. */
  own(entry: OwnEntry): void;
  shared(entry: SharedEntry): void;
  /** The own record of this sequence is valid in the log; undefined when it is not one of those that wait. */
  readBack(sequence: number): OwnEntry | undefined;
  answered(flight: number, answer: Answer): void;
  /** Own records up to this sequence are covered by a clean answer. */
  cleanUpTo(): number;
  /** How many own records wait, and their bytes. */
  waiting(): { readonly records: number; readonly bytes: number };
  sharedCount(): number;
  /** Gives up the own records: this server is the owner no longer. The next `own` starts at sequence 0. */
  dropOwn(): void;
  /** Gives up what follows from the partition `origin`. */
  dropShared(origin: number): void;
  tick(): void;
}

export interface AppenderSettings {
  readonly partition: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly defer: (work: () => void) => void;
  readonly append: (records: readonly LogRecord[], flight: number) => void;
}

const batchRecords = 2000;
const batchBytes = 1_048_576;
const readBackMs = 1000;
const longestReadBackMs = 8000;
const firstRetryMs = 20;
const longestRetryMs = 1000;

interface Flight {
  readonly number: number;
  readonly count: number;
  /** Highest own sequence that this or an earlier append carried. */
  readonly covers: number;
  readonly shared: readonly SharedEntry[];
}

export function createAppender({ partition, clock, defer, append }: AppenderSettings): Appender {
  let flights = 0;
  let flight: Flight | undefined;
  let flushing = false;
  let lastAnswered = -1;
  let notBefore = 0;
  let retryMs = firstRetryMs;
  let patienceMs = readBackMs;
  let progressAt = 0;

  const own = createQueue<OwnEntry>();
  let ownBytes = 0;
  let head = 0;
  let readUpTo = -1;
  let clean = -1;
  let sentUpTo = -1;
  let sentMost = -1;
  let rewind = false;

  let shared = createQueue<SharedEntry>();
  const dropped = new Set<SharedEntry>();

  function wake(): void {
    if (flushing) return;
    flushing = true;
    defer(() => {
      flushing = false;
      flush();
    });
  }

  function flush(): void {
    if (flight !== undefined || clock.monotonicMs() < notBefore) return;
    if (rewind) {
      rewind = false;
      // All read back, none of it answered cleanly: one more append, whose answer covers them all.
      sentUpTo = readUpTo < sentMost ? readUpTo : Math.max(head - 1, clean < sentMost ? sentMost - 1 : sentMost);
    }
    const records: LogRecord[] = [];
    let bytes = 0;
    const fits = (): boolean => records.length < batchRecords && bytes < batchBytes;
    for (let next = own.at(sentUpTo + 1 - head); next !== undefined && fits(); next = own.at(sentUpTo + 1 - head)) {
      records.push(next.record);
      bytes += sizeOf(next.record);
      sentUpTo += 1;
    }
    sentMost = Math.max(sentMost, sentUpTo);
    const passengers: SharedEntry[] = [];
    for (let next = shared.peek(); next !== undefined && fits(); next = shared.peek()) {
      shared.shift();
      passengers.push(next);
      records.push(next.record);
      bytes += sizeOf(next.record);
    }
    if (records.length === 0) return;
    flights += 1;
    flight = { number: flights, count: records.length, covers: sentMost, shared: passengers };
    append(records, flights);
  }

  function clear(): void {
    while (own.length > 0 && head <= Math.min(readUpTo, clean)) {
      ownBytes -= sizeOf(own.shift()?.record);
      head += 1;
    }
  }

  return {
    own(entry) {
      own.push(entry);
      ownBytes += sizeOf(entry.record);
      wake();
    },
    shared(entry) {
      shared.push(entry);
      wake();
    },
    readBack(sequence) {
      const entry = own.at(sequence - head);
      if (entry === undefined || sequence < head) return undefined;
      readUpTo = Math.max(readUpTo, sequence);
      // Read back before this server appended it again: not missing any more.
      sentMost = Math.max(sentMost, sequence);
      sentUpTo = Math.max(sentUpTo, sequence);
      progressAt = clock.monotonicMs();
      patienceMs = readBackMs;
      clear();
      return entry;
    },
    answered(number, answer) {
      if (flight?.number !== number) return;
      const { count, covers, shared: passengers } = flight;
      flight = undefined;
      progressAt = clock.monotonicMs();
      if (!('error' in answer) && answer.partition === partition && answer.baseOffset > lastAnswered) {
        lastAnswered = answer.baseOffset + count - 1;
        retryMs = firstRetryMs;
        clean = Math.max(clean, covers);
        clear();
        for (const entry of passengers) if (!dropped.delete(entry)) entry.answered();
      } else {
        lastAnswered = -1;
        notBefore = progressAt + retryMs;
        retryMs = Math.min(retryMs * 2, longestRetryMs);
        rewind = true;
        const rest = shared.drain();
        shared = createQueue();
        for (const entry of passengers) if (!dropped.delete(entry)) shared.push(entry);
        for (const entry of rest) shared.push(entry);
      }
      wake();
    },
    cleanUpTo: () => clean,
    waiting: () => ({ records: own.length, bytes: ownBytes }),
    sharedCount: () => shared.length + (flight?.shared.length ?? 0),
    dropOwn() {
      const entries = own.drain();
      ownBytes = 0;
      head = 0;
      readUpTo = -1;
      clean = -1;
      sentUpTo = -1;
      sentMost = -1;
      rewind = false;
      // An append on its way carries nothing of the next ownership.
      if (flight !== undefined) flight = { ...flight, covers: -1 };
      for (const entry of entries) entry.dropped();
    },
    dropShared(origin) {
      for (const entry of flight?.shared ?? []) if (entry.origin === origin) dropped.add(entry);
      const kept = shared.drain().filter((entry) => entry.origin !== origin);
      for (const entry of kept) shared.push(entry);
    },
    tick() {
      const now = clock.monotonicMs();
      if (flight !== undefined) return;
      if (readUpTo < sentMost && now - progressAt >= patienceMs) {
        rewind = true;
        progressAt = now;
        patienceMs = Math.min(patienceMs * 2, longestReadBackMs);
      }
      if (rewind || shared.length > 0 || own.length > sentUpTo + 1 - head) flush();
    },
  };
}

/** Roughly, for limits. */
function sizeOf(record: LogRecord | undefined): number {
  if (record === undefined) return 0;
  if (record.kind === 'mark') {
    const { state, keys } = record;
    return 200 + state.accepted.size * 48 + state.derived.size * 8 + (keys?.accepted.length ?? 0) * 44;
  }
  return 200 + ('message' in record ? record.message.length : 0);
}
