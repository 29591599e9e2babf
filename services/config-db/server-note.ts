/**
 * What a messaging server says in the note of its lease: which partitions it holds, and whether it is about to end,
 * so that they can go to others while it still finishes. "0-179", "leaving 0-179".
 */
import { formatRanges, parseRanges } from './partition-ranges.ts';

export interface ServerNote {
  readonly held: readonly number[];
  readonly isLeaving: boolean;
}

const leaving = 'leaving';

export function formatServerNote({ held, isLeaving }: ServerNote): string {
  return isLeaving ? `${leaving} ${formatRanges(held)}`.trimEnd() : formatRanges(held);
}

/** Undefined for a note that is none. */
export function parseServerNote(note: string, partitionCount: number): ServerNote | undefined {
  const isLeaving = saysLeaving(note);
  const parsed = parseRanges(isLeaving ? note.slice(leaving.length + 1) : note, partitionCount);
  return 'partitions' in parsed ? { held: parsed.partitions, isLeaving } : undefined;
}

export function saysLeaving(note: string): boolean {
  return note === leaving || note.startsWith(`${leaving} `);
}
