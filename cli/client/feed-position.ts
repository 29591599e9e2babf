/**
 * Where a client stands in its feed. A record at or before that place is known already and is not let in
 * again. Cursors are compared only within what their wire form promises (incarnation, then offset).
 */
import { decodeCursor } from '../../services/core/log/cursor.ts';

export interface FeedPosition {
  /** Empty: none yet. */
  readonly cursor: Buffer;
  /** True when the record at this cursor is new; the place moves there. */
  admit(cursor: Buffer): boolean;
  /** Moves to a cursor that the server gave as a start. */
  move(cursor: Buffer): void;
  /** What the history has is known: goes on behind it, but never back within one life of the feed. */
  filled(watermark: Buffer): void;
}

export function createFeedPosition(): FeedPosition {
  let cursor: Buffer = Buffer.alloc(0);
  return {
    get cursor() {
      return cursor;
    },
    admit(next) {
      if (cursor.length > 0 && compareCursors(next, cursor) <= 0) return false;
      cursor = next;
      return true;
    },
    move(next) {
      cursor = next;
    },
    filled(watermark) {
      // A history may lag behind what the feed has shown already. Another life's cursor may compare as later.
      if (!isSameLife(watermark, cursor) || compareCursors(watermark, cursor) > 0) cursor = watermark;
    },
  };
}

function isSameLife(one: Buffer, other: Buffer): boolean {
  const incarnation = decodeCursor(one)?.incarnation;
  return incarnation !== undefined && incarnation === decodeCursor(other)?.incarnation;
}

/** Negative: `one` stands before `other`. Cursors of a form not known here count as later. */
export function compareCursors(one: Buffer, other: Buffer): number {
  const here = decodeCursor(one);
  const there = decodeCursor(other);
  if (here === undefined || there === undefined) return one.equals(other) ? 0 : 1;
  if (here.incarnation !== there.incarnation) return here.incarnation < there.incarnation ? -1 : 1;
  return here.offset - there.offset;
}
