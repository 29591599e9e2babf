/**
 * A steady load on a backplane that appends as an owner does (one append a partition on its way, again from the
 * first record that was not confirmed), a tail that follows, and a comparison of both with what is stored.
 */
import { systemClock } from '../../core/time/clock.ts';
import type { Backplane } from '../backplane.ts';

export interface LoadReport {
  readonly sent: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged, and not in the log. */
  readonly lost: number;
  /** Records behind a later one that are not repeats, or gaps. */
  readonly disordered: number;
  readonly repeats: number;
  readonly rejected: number;
  readonly longestWaitMs: number;
  /** What the tail got is not what is stored. */
  readonly tailFaults: readonly string[];
}

export interface RecordedLoad {
  readonly acknowledged: () => number;
  /** Resolves when so many more were acknowledged. */
  progress(count: number): Promise<void>;
  /** Ends the load, waits until all is acknowledged and delivered, and compares. */
  finish(): Promise<LoadReport>;
}

interface Line {
  sent: number;
  acknowledged: number;
  isFlying: boolean;
  readonly sentMs: number[];
  readonly tailed: { readonly offset: number; readonly sequence: number }[];
}

const tickMs = 10;

export async function startLoad(backplane: Backplane, perSecond: number): Promise<RecordedLoad> {
  const clock = systemClock;
  const lines = Array.from({ length: backplane.partitionCount }, (): Line => ({
    sent: 0,
    acknowledged: 0,
    isFlying: false,
    sentMs: [],
    tailed: [],
  }));
  const tailFaults: string[] = [];
  let longestWaitMs = 0;
  let rejected = 0;
  let total = 0;

  const tail = backplane.openTail({
    records(partition, records) {
      for (const { offset, value } of records)
        lines[partition]?.tailed.push({ offset, sequence: Number(Buffer.from(value).toString()) });
    },
    failed: (partition, error) => void tailFaults.push(`partition ${partition} failed: ${String(error)}`),
  });
  for (const partition of lines.keys()) tail.assign(partition, (await backplane.bounds(partition)).end);

  const fly = async (partition: number, line: Line): Promise<void> => {
    if (line.isFlying) return;
    line.isFlying = true;
    while (line.acknowledged < line.sent) {
      const upTo = Math.min(line.sent, line.acknowledged + 500);
      const values = [];
      for (let sequence = line.acknowledged; sequence < upTo; sequence++)
        values.push(Buffer.from(`${sequence}`.padStart(100)));
      try {
        await backplane.append(partition, values);
        const nowMs = clock.monotonicMs();
        for (; line.acknowledged < upTo; line.acknowledged++)
          longestWaitMs = Math.max(longestWaitMs, nowMs - (line.sentMs[line.acknowledged] ?? nowMs));
      } catch {
        rejected += 1;
        await clock.sleep(20);
      }
    }
    line.isFlying = false;
  };

  const startedMs = clock.monotonicMs();
  const timer = clock.every(tickMs, () => {
    const due = ((clock.monotonicMs() - startedMs) * perSecond) / 1000;
    for (; total < due; total++) {
      const partition = total % lines.length;
      const line = lines[partition];
      if (line === undefined) continue;
      line.sent += 1;
      line.sentMs.push(clock.monotonicMs());
      void fly(partition, line);
    }
  });
  const acknowledged = (): number => lines.reduce((sum, line) => sum + line.acknowledged, 0);

  return {
    acknowledged,
    async progress(count) {
      const goal = acknowledged() + count;
      while (acknowledged() < goal) await clock.sleep(50);
    },
    async finish() {
      timer.cancel();
      while (lines.some((line) => line.acknowledged < line.sent)) await clock.sleep(50);
      const report = { stored: 0, lost: 0, disordered: 0, repeats: 0 };
      for (const [partition, line] of lines.entries()) {
        const stored = await readAll(backplane, partition);
        while ((line.tailed.at(-1)?.offset ?? -1) < (stored.at(-1)?.offset ?? -1)) await clock.sleep(50);
        report.stored += stored.length;
        let next = 0;
        for (const { sequence } of stored) {
          if (sequence === next) next += 1;
          else if (sequence < next) report.repeats += 1;
          else report.disordered += 1;
        }
        report.lost += line.acknowledged - next;
        const fault = stored.findIndex(
          ({ offset, sequence }, i) => line.tailed[i]?.offset !== offset || line.tailed[i]?.sequence !== sequence,
        );
        if (fault >= 0 || stored.length !== line.tailed.length)
          tailFaults.push(`partition ${partition}: ${line.tailed.length} of ${stored.length}, differing at ${fault}`);
      }
      await tail[Symbol.asyncDispose]();
      return { sent: total, acknowledged: acknowledged(), rejected, longestWaitMs, tailFaults, ...report };
    },
  };
}

async function readAll(
  backplane: Backplane,
  partition: number,
): Promise<{ readonly offset: number; readonly sequence: number }[]> {
  const { start, end } = await backplane.bounds(partition);
  const found: { readonly offset: number; readonly sequence: number }[] = [];
  for (let next = start; next < end; next = (found.at(-1)?.offset ?? end) + 1) {
    const records = await backplane.read(partition, next, { maxRecords: 10_000, maxBytes: 4 * 1024 * 1024 });
    for (const { offset, value } of records) found.push({ offset, sequence: Number(Buffer.from(value).toString()) });
  }
  return found;
}
