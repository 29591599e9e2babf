/**
 * Holds back what was read until it may be shown: an own record until a clean answer covers it, what stands
 * behind it until then as well. So feeds keep the log's order.
 */
import type { FeedEntry } from '../owner.ts';
import type { OwnEntry } from './appender.ts';
import type { Derivation } from './derive.ts';
import { createQueue } from './queue.ts';

export interface GateItem extends FeedEntry {
  /** Passes when a clean answer covers this own sequence; -1: at once. */
  readonly sequence: number;
  readonly own: OwnEntry | undefined;
  readonly derivations: readonly Derivation[];
}

export interface Gate {
  add(item: GateItem): void;
  /** Items that may be shown now, in offset order. */
  open(cleanUpTo: number): readonly GateItem[];
  /** Forgets items below this offset. */
  forget(below: number): void;
  /** Offset of the first item that is held back. */
  head(): number | undefined;
}

export function createGate(): Gate {
  const items = createQueue<GateItem>();
  return {
    add: (item) => items.push(item),
    open(cleanUpTo) {
      const passed: GateItem[] = [];
      for (let item = items.peek(); item !== undefined && item.sequence <= cleanUpTo; item = items.peek()) {
        items.shift();
        passed.push(item);
      }
      return passed;
    },
    forget(below) {
      for (let item = items.peek(); item !== undefined && item.offset < below; item = items.peek()) items.shift();
    },
    head: () => items.peek()?.offset,
  };
}
