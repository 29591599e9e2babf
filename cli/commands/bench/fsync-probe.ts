/**
 * How long the disk takes to make 4 KiB durable: written at the end of a file and fdatasync'ed, a hundred times.
 */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../services/core/time/clock.ts';
import { createHistogram } from './histogram.ts';

export interface FsyncTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const times = 100;

/** `folder`: one on the file system that is meant; its probe file is removed again. */
export async function probeFsync(folder: string, clock: Clock): Promise<FsyncTimes> {
  const path = join(folder, `.fsync-probe.${process.pid}`);
  const histogram = createHistogram();
  const block = Buffer.alloc(4096, 1);
  const file = await open(path, 'wx', 0o600);
  try {
    for (let time = 0; time < times; time += 1) {
      await file.write(block);
      const startMs = clock.monotonicMs();
      await file.datasync();
      histogram.record((clock.monotonicMs() - startMs) * 1000);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  return { p50Ms: histogram.quantile(0.5) / 1000, p99Ms: histogram.quantile(0.99) / 1000 };
}
