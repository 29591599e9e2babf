/**
 * What this partition misses of its sources. While something is missing, the state before the first such
 * record is kept: Marks stand there, so that whoever takes over meets the record again.
 */
import type { FoldStart } from '../owner.ts';
import type { PartitionState, Source } from '../../core/log/record.ts';

export interface Gaps {
  /** A record of this source is ahead: everything of it up to `upTo` should be there. */
  note(gap: { source: Source; upTo: number; start: () => FoldStart }): void;
  /** Where Marks stand while something is missing. */
  start(): FoldStart | undefined;
  /** What to ask for now: at most once a second for a source, later more seldom. */
  due(state: PartitionState, nowMs: number): readonly { readonly source: number; readonly after: number }[];
}

const firstAskMs = 1000;
const longestAskMs = 30_000;

interface Gap {
  readonly incarnation: string;
  upTo: number;
  notBefore: number;
  everyMs: number;
}

export function createGaps(): Gaps {
  const gaps = new Map<number, Gap>();
  let start: FoldStart | undefined;
  return {
    note({ source, upTo, start: present }) {
      start ??= present();
      const known = gaps.get(source.partition);
      if (known?.incarnation === source.incarnation) known.upTo = Math.max(known.upTo, upTo);
      else if (known === undefined || known.incarnation < source.incarnation)
        gaps.set(source.partition, { incarnation: source.incarnation, upTo, notBefore: 0, everyMs: firstAskMs });
    },
    start: () => start,
    due(state, nowMs) {
      const asks: { source: number; after: number }[] = [];
      for (const [source, gap] of gaps) {
        const accepted = state.accepted.get(source);
        const after = accepted?.incarnation === gap.incarnation ? accepted.offset : -1;
        const newer = accepted !== undefined && accepted.incarnation > gap.incarnation;
        if (newer || after >= gap.upTo) gaps.delete(source);
        else if (nowMs >= gap.notBefore) {
          gap.notBefore = nowMs + gap.everyMs;
          gap.everyMs = Math.min(gap.everyMs * 2, longestAskMs);
          asks.push({ source, after });
        }
      }
      if (gaps.size === 0) start = undefined;
      return asks;
    },
  };
}
