/**
 * Carries one source partition's records to their targets, in order, and knows how far every target has
 * answered. Tips uncover a last record that got lost behind a false answer; Behinds ask for what is missing.
 */
import type { LogEntry, Place } from '../../core/log/fold.ts';
import type { Confirmed, PartitionState, Sent } from '../../core/log/record.ts';
import type { Reread } from '../owner.ts';
import { derivationsOf, deriveRecord, type Derivation } from './derive.ts';
import { createQueue } from './queue.ts';
import type { Shared } from './shared.ts';

export interface RelayItem {
  readonly offset: number;
  readonly record: Sent | Confirmed;
  readonly derivations: readonly Derivation[];
}

export interface Relay {
  /** An earlier owner derived for this target: whether that arrived is not known for sure, so it gets Tips. */
  used(target: number): void;
  /** Items come in offset order, each when it may be shown to others. */
  start(item: RelayItem): void;
  /** Every valid record below has been answered by all its targets; `frontier` is where nothing was started yet. */
  position(frontier: number): number;
  /** Records that are not answered by all their targets. */
  outstanding(): number;
  /** The target has nothing after `after`. */
  behind(target: number, after: number): void;
  /** Derives again what lies below `frontier`. */
  rederive(reread: Reread, frontier: number): void;
  tick(state: PartitionState): void;
}

/** How long after a target's last use it gets a Tip: more than once, because a Tip can get lost as well. */
const tipAfterMs = [60_000, 600_000, 3_600_000];
const rereadEveryMs = 1000;

interface Use {
  lastMs: number;
  tips: number;
}

export function createRelay(shared: Shared, place: Place, incarnation: () => string): Relay {
  const { partition, partitionCount } = place;
  const { clock, ports } = shared;
  const outstanding = createQueue<{ readonly offset: number; left: number }>();
  const used = new Map<number, Use>();
  const behinds = new Map<number, { after: number; asked: boolean; notBefore: number }>();

  function use(target: number): void {
    used.set(target, { lastMs: clock.monotonicMs(), tips: 0 });
  }

  function send(item: { offset: number; record: Sent | Confirmed; derivation: Derivation }, how: How): void {
    const { target, prev } = item.derivation;
    const source = { partition, incarnation: incarnation(), offset: item.offset, prev, first: how.first };
    const record = deriveRecord(item.record, source, { partition: target, partitionCount });
    use(target);
    shared.appender(target).shared({ record, origin: partition, answered: how.answered });
  }

  function settle(): void {
    while (outstanding.peek()?.left === 0) outstanding.shift();
  }

  return {
    used: use,
    start({ offset, record, derivations }) {
      if (derivations.length === 0) return;
      const open = { offset, left: derivations.length };
      outstanding.push(open);
      const answered = (): void => {
        open.left -= 1;
        settle();
      };
      for (const derivation of derivations) send({ offset, record, derivation }, { first: false, answered });
    },
    position: (frontier) => outstanding.peek()?.offset ?? frontier,
    outstanding: () => outstanding.length,
    behind(target, after) {
      const known = behinds.get(target);
      behinds.set(target, { after, asked: false, notBefore: known?.notBefore ?? 0 });
    },
    rederive(reread, frontier) {
      const { target, after, from, records } = reread;
      const fold = shared.createFold(reread.state, place);
      // The log has nothing left between the target's last record and `from`: its chain goes on from here.
      let cut = from > after + 1;
      let scanned = from - 1;
      for (const entry of records) {
        if (entry.offset >= frontier) break;
        scanned = entry.offset;
        const item = itemFor(entry, target, { state: fold.state, place });
        if (fold.apply(entry) !== 'valid' || item === undefined || entry.offset <= after) continue;
        send(item, { first: cut && item.derivation.prev !== after, answered: nothing });
        cut = false;
      }
      const open = behinds.get(target);
      const last = records.at(-1);
      if (open === undefined || !open.asked) return;
      if (last === undefined || scanned < last.offset || scanned + 1 >= frontier) behinds.delete(target);
      else ports.reread(partition, target, scanned);
    },
    tick(state) {
      const now = clock.monotonicMs();
      for (const [target, open] of behinds) {
        if (now < open.notBefore) continue;
        if (open.asked) {
          // Answered by now, or it failed; whoever still misses something asks again.
          behinds.delete(target);
          continue;
        }
        if ((state.derived.get(target) ?? -1) <= open.after) {
          behinds.delete(target);
          continue;
        }
        open.asked = true;
        open.notBefore = now + rereadEveryMs;
        ports.reread(partition, target, open.after);
      }
      for (const [target, tip] of used) {
        const due = tipAfterMs[tip.tips];
        if (due === undefined) used.delete(target);
        else if (now - tip.lastMs >= due) {
          tip.tips += 1;
          const prev = state.derived.get(target) ?? -1;
          const source = { partition, incarnation: state.incarnation, offset: prev, prev, first: false };
          shared.appender(target).shared({ record: { kind: 'tip', source }, origin: partition, answered: nothing });
        }
      }
    },
  };
}

interface How {
  readonly first: boolean;
  readonly answered: () => void;
}

function nothing(): void {}

function itemFor({ offset, record }: LogEntry, target: number, at: { state: PartitionState; place: Place }) {
  if (record.kind !== 'sent' && record.kind !== 'confirmed') return undefined;
  const derivation = derivationsOf(record, at.state, at.place).find((one) => one.target === target);
  return derivation === undefined ? undefined : { offset, record, derivation };
}
