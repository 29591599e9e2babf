/**
 * When an owner writes Relayed (each second of relaying) and Mark (after take-over, about every minute of
 * activity, earlier when the log has grown long, hourly when idle). A Mark comes after the Relayed that is due, so
 * that it knows it. Minutes differ by chance: partitions that were taken over together would write theirs together,
 * which held everything else up for tens of milliseconds.
 */
import type { Random } from '../../core/random.ts';

export interface Marks {
  /** Records of users, or their derivations, went by. */
  activity(): void;
  relaying(): void;
  /** What to append now; call `written` when that record is settled. */
  due(at: { nowMs: number; relayedBehind: boolean; isLong: boolean }): 'relayed' | 'mark' | undefined;
  written(kind: 'relayed' | 'mark', nowMs: number): void;
  /** Both are due at once, before a release. */
  finish(): void;
  finished(): boolean;
}

const relayedEveryMs = 1000;
const activeMarkMs = { least: 40_000, most: 60_000 };
const idleMarkMs = 3_600_000;

export function createMarks(random: Pick<Random, 'next'>): Marks {
  let active = false;
  let relays = false;
  let markAt = Number.NEGATIVE_INFINITY;
  let activeMs = activeMarkMs.least;
  let relayedAt = Number.NEGATIVE_INFINITY;
  let waits: 'relayed' | 'mark' | undefined;
  /** A Relayed was written since the last Mark; each moves the log's end, so one is enough. */
  let fresh = false;
  let last: 'no' | 'wanted' | 'done' = 'no';
  return {
    activity() {
      active = true;
    },
    relaying() {
      relays = true;
    },
    due({ nowMs, relayedBehind, isLong }) {
      if (waits !== undefined || last === 'done') return undefined;
      const mark = isLong || last === 'wanted' || nowMs - markAt >= (active ? activeMs : idleMarkMs);
      if (relayedBehind && ((mark && !fresh) || (relays && nowMs - relayedAt >= relayedEveryMs))) {
        relays = false;
        waits = 'relayed';
      } else if (mark) {
        active = false;
        waits = 'mark';
      }
      return waits;
    },
    written(kind, nowMs) {
      waits = undefined;
      fresh = kind === 'relayed';
      if (kind === 'relayed') relayedAt = nowMs;
      else {
        markAt = nowMs;
        activeMs = activeMarkMs.least + random.next() * (activeMarkMs.most - activeMarkMs.least);
        if (last === 'wanted') last = 'done';
      }
    },
    finish() {
      if (last !== 'no') return;
      last = 'wanted';
      fresh = false;
    },
    finished: () => last === 'done',
  };
}
