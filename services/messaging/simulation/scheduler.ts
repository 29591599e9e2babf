/** Virtual time: events in order of their time, then of their making. */
export interface Scheduler {
  nowMs(): number;
  after(ms: number, work: () => void): void;
  /** Runs what is due until the time is `untilMs`. */
  runUntil(untilMs: number): void;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly work: () => void;
}

export function createScheduler(): Scheduler {
  const heap: Event[] = [];
  let now = 0;
  let order = 0;

  function before(a: Event | undefined, b: Event | undefined): boolean {
    if (a === undefined || b === undefined) return a !== undefined;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  function swap(i: number, j: number): void {
    const [a, b] = [heap[i], heap[j]];
    if (a === undefined || b === undefined) return;
    heap[i] = b;
    heap[j] = a;
  }

  function take(): Event | undefined {
    swap(0, heap.length - 1);
    const first = heap.pop();
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const child = before(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!before(heap[child], heap[at])) return first;
      swap(at, child);
      at = child;
    }
  }

  return {
    nowMs: () => now,
    after(ms, work) {
      order += 1;
      heap.push({ atMs: now + ms, order, work });
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!before(heap[at], heap[parent])) break;
        swap(at, parent);
        at = parent;
      }
    },
    runUntil(untilMs) {
      for (let first = heap[0]; first !== undefined && first.atMs <= untilMs; first = heap[0]) {
        take();
        now = first.atMs;
        first.work();
      }
      now = untilMs;
    },
  };
}
