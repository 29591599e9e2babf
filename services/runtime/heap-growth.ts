/**
 * How much garbage V8 lets gather in a server's old generation before it collects it. By default a heap of some tens
 * of MB grows by a third between two collections: at 1 000 messages/s it was collected every two seconds, each time
 * with marking that takes a processor for about 80 ms beside the messages on their way, and these alone made the 99th
 * percentile of `bench messages --rate 1000` (85 ms; 40 ms with this; --trace-gc shows them). Marking costs what
 * is in use, not what is garbage, so collecting seldom costs memory only: here about 64 MiB.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const mostGatheredBytes = 64 * 1024 * 1024;
/** Of what V8 may use at all, where that is little: in a container of 256 MiB. */
const gatheredPart = 1 / 8;
/**
 * What a collection leaves in use decides how far the heap grows after the *next* one, for V8 sets its limit before it
 * tells. A server that has just started has more in use by then: this bounds how far it overshoots.
 */
const mostPercent = 400;

let isWatched = false;

/**
 * By how many percent a heap of which `usedBytes` bytes are in use, and which may have `limitBytes`, may grow until the
 * next collection; 0: by what V8 thinks best, which for a large heap is more than this anyway.
 */
export function growthPercent(usedBytes: number, limitBytes: number): number {
  const gatheredBytes = Math.min(mostGatheredBytes, limitBytes * gatheredPart);
  return usedBytes >= gatheredBytes ? 0 : Math.min(mostPercent, Math.round((100 * gatheredBytes) / usedBytes));
}

/** For this process, until it ends; to be called when its servers start. A second call changes nothing. */
export function letGarbageGather(): void {
  if (isWatched) return;
  isWatched = true;
  const adapt = (): void => {
    const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics();
    setGrowth(growthPercent(usedBytes, limitBytes));
  };
  adapt();
  new PerformanceObserver((list) => {
    if (list.getEntries().some((entry) => isMajor(entry))) adapt();
  }).observe({ entryTypes: ['gc'] });
}

function setGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** Of a "gc" entry, whose detail its type does not tell. */
export function isMajor(entry: object): boolean {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  if (typeof detail !== 'object' || detail === null || !('kind' in detail)) return false;
  return detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
