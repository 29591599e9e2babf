/**
 * What a process has used so far, as Linux counts it; undefined where /proc does not tell.
 */
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Linux reports CPU time to user space in hundredths of a second on every architecture (USER_HZ). */
const tickMs = 10;

async function readProcessUsage(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    // The name in parentheses may hold anything; utime and stime are the 12th and 13th fields after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, rssBytes: rssKiB * 1024 };
  } catch {
    return undefined;
  }
}

/** Of several together; undefined when one of them is not known. */
export async function readUsageOf(pids: readonly number[]): Promise<ProcessUsage | undefined> {
  const used = await Promise.all(pids.map(readProcessUsage));
  return used.reduce((sum, one) =>
    sum === undefined || one === undefined
      ? undefined
      : { cpuMs: sum.cpuMs + one.cpuMs, rssBytes: sum.rssBytes + one.rssBytes },
  );
}

/** Files that a process may have open at once; undefined where /proc does not tell. */
export async function readFileLimit(pid: number | 'self'): Promise<number | undefined> {
  try {
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
