/**
 * A first-in, first-out queue whose ends both cost constant time, and which keeps nothing that was taken out: there
 * are several in each of hundreds of partitions, and what they keep is what garbage collection walks through.
 */
export interface Queue<T> {
  readonly length: number;
  push(item: T): void;
  peek(): T | undefined;
  shift(): T | undefined;
  /** The item at `index` from the front. */
  at(index: number): T | undefined;
  /** Takes everything out. */
  drain(): T[];
}

export function createQueue<T>(): Queue<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  return {
    get length() {
      return items.length - head;
    },
    push(item) {
      items.push(item);
    },
    peek: () => items[head],
    shift() {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head] = undefined;
      head += 1;
      if (head === items.length) {
        items.length = 0;
        head = 0;
      } else if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    at: (index) => items[head + index],
    drain() {
      const rest = items.slice(head) as T[];
      items = [];
      head = 0;
      return rest;
    },
  };
}
