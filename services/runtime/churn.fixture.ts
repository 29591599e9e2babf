/**
 * A process that keeps 20 MB in use and lets go of 200 MB that it had kept for a while, with pauses as a server has
 * them, then prints how often its old generation was collected. Argument: "gather" to let garbage gather.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { systemClock } from '../core/time/clock.ts';
import { isMajor, letGarbageGather } from './heap-growth.ts';

const entryBytes = 1000;
const inUse = 20_000;

if (process.argv[2] === 'gather') letGarbageGather();

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().filter((entry) => isMajor(entry)).length;
}).observe({ entryTypes: ['gc'] });

const pause = (): Promise<void> => systemClock.sleep(5);
const ring: string[][] = [];
for (let made = 0; made < 220_000; made += 1) {
  ring[made % inUse] = Array.from<string>({ length: entryBytes / 8 }).fill('x');
  if (made % 1000 === 0) await pause();
}
await pause();
process.stdout.write(String(collections));
