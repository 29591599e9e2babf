/**
 * The rules: which records of a partition exist for users. Every reader (messaging, materialize, replay)
 * folds with these and nothing else; no clock, lease or producer's answer takes part. Design: "The log
 * decides"; who may start a chain: decision 0001.
 */
import type { UserId } from '../ids.ts';
import { partitionOf } from '../partitioning.ts';
import type { Fence, LogRecord, OwnRecord, PartitionState, Source, Verdict } from './record.ts';

export interface LogEntry {
  readonly offset: number;
  readonly record: LogRecord;
}

/** Which partition is folded, and of how many. */
export interface Place {
  readonly partition: number;
  readonly partitionCount: number;
}

/** A fold that goes on: `state` changes with every `apply`, `snapshot` does not. */
export interface Fold {
  readonly state: PartitionState;
  /** Judges the record and, when it is valid, moves the state behind it. */
  apply(entry: LogEntry): Verdict;
  /** The present state, as a value that stays. Costs a copy of its maps. */
  snapshot(): PartitionState;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Working extends Mutable<Omit<PartitionState, 'accepted' | 'derived'>> {
  readonly accepted: Map<number, { readonly incarnation: string; readonly offset: number }>;
  readonly derived: Map<number, number>;
}

/** The state before the first record of a log that starts at its first. */
export const emptyState: PartitionState = {
  incarnation: '',
  term: 0,
  server: '',
  sequence: 0,
  highestId: 0n,
  relayed: 0,
  accepted: new Map(),
  derived: new Map(),
};

/** One step, for who wants values; a reader of many records is better off with `createFold`. */
export function fold(
  state: PartitionState,
  entry: LogEntry,
  place: Place,
): { readonly verdict: Verdict; readonly state: PartitionState } {
  const verdict = judge(state, entry.record);
  if (verdict !== 'valid') return { verdict, state };
  const next = copyOf(state);
  advance(next, entry, place);
  return { verdict, state: next };
}

export function createFold(start: PartitionState, place: Place): Fold {
  const state = copyOf(start);
  return {
    state,
    apply(entry) {
      const verdict = judge(state, entry.record);
      if (verdict === 'valid') advance(state, entry, place);
      return verdict;
    },
    snapshot: () => copyOf(state),
  };
}

export function judge(state: PartitionState, record: LogRecord): Verdict {
  switch (record.kind) {
    case 'fence':
      return judgeFence(state, record);
    case 'sent':
    case 'confirmed':
    case 'relayed':
    case 'mark':
      return judgeOwn(state, record);
    case 'received':
    case 'receipt':
      return judgeDerived(state, record.source);
    case 'tip':
      return judgeTip(state, record.source);
    case 'behind':
      return 'valid';
    case 'unknown':
      return 'void';
  }
}

/** The partitions, other than the place's own, that a record with these receivers is derived for, each once. */
export function targetsOf(receivers: readonly UserId[], place: Place): readonly number[] {
  const targets: number[] = [];
  for (const receiver of receivers) {
    const target = partitionOf(receiver, place.partitionCount);
    if (target !== place.partition && !targets.includes(target)) targets.push(target);
  }
  return targets;
}

function judgeFence(state: PartitionState, { own }: Fence): Verdict {
  if (own.term > state.term) return 'valid';
  return own.term === state.term && own.server === state.server ? 'repeat' : 'void';
}

function judgeOwn(state: PartitionState, { own }: OwnRecord): Verdict {
  if (own.term !== state.term || own.server !== state.server) return 'void';
  if (own.sequence <= state.sequence) return 'repeat';
  return own.sequence === state.sequence + 1 ? 'valid' : 'ahead';
}

/** Before the first fence nothing has a position yet; the first owner asks for it again. */
function judgeDerived(state: PartitionState, source: Source): Verdict {
  if (state.incarnation === '') return 'ahead';
  const known = state.accepted.get(source.partition);
  if (known !== undefined && source.incarnation < known.incarnation) return 'void';
  const last = known?.incarnation === source.incarnation ? known.offset : -1;
  if (source.offset <= last) return 'repeat';
  // Only what the source's log has nothing before may start a chain, or go on where the source's log was cut.
  return source.prev === last || source.first ? 'valid' : 'ahead';
}

function judgeTip(state: PartitionState, source: Source): Verdict {
  const known = state.accepted.get(source.partition);
  if (known !== undefined && source.incarnation < known.incarnation) return 'void';
  const last = known?.incarnation === source.incarnation ? known.offset : -1;
  return source.prev <= last ? 'valid' : 'ahead';
}

function advance(state: Working, { offset, record }: LogEntry, place: Place): void {
  switch (record.kind) {
    case 'fence':
      if (state.incarnation === '') state.incarnation = record.incarnation;
      state.term = record.own.term;
      state.server = record.own.server;
      state.sequence = 0;
      return;
    case 'sent':
      state.sequence = record.own.sequence;
      if (record.messageId > state.highestId) state.highestId = record.messageId;
      for (const target of targetsOf(record.receivers, place)) state.derived.set(target, offset);
      return;
    case 'confirmed':
      state.sequence = record.own.sequence;
      for (const target of targetsOf(record.receivers, place)) state.derived.set(target, offset);
      return;
    case 'relayed':
      state.sequence = record.own.sequence;
      state.relayed = Math.max(state.relayed, record.offset);
      return;
    case 'mark':
      state.sequence = record.own.sequence;
      return;
    case 'received':
      accept(state, record.source);
      if (record.messageId > state.highestId) state.highestId = record.messageId;
      return;
    case 'receipt':
      accept(state, record.source);
      return;
    case 'behind':
    case 'tip':
    case 'unknown':
      return;
  }
}

function accept(state: Working, source: Source): void {
  state.accepted.set(source.partition, { incarnation: source.incarnation, offset: source.offset });
}

function copyOf(state: PartitionState): Working {
  return { ...state, accepted: new Map(state.accepted), derived: new Map(state.derived) };
}
