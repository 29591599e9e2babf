import { expect, test } from 'vitest';
import { systemClock } from '../core/time/clock.ts';
import type { HistoryBatch } from '../history-db/history-db.ts';
import { createHistoryWriter } from './writer.ts';

const batchOf = (partition: number): HistoryBatch => ({ partition, rows: [] });

function rigFor() {
  const writes: number[][] = [];
  const rests: number[] = [];
  const historyDb = {
    async write(batches: readonly HistoryBatch[]) {
      writes.push(batches.map(({ partition }) => partition));
      await systemClock.sleep(3);
    },
  };
  const clock = { ...systemClock, sleep: async (ms: number) => void rests.push(ms) };
  const writer = createHistoryWriter({ historyDb, clock });
  return {
    writes,
    rests,
    writer,
    /** As a follower of the log does: rows when it is its turn. */
    follow: async (partition: number, records: number) => {
      await writer.turn(records);
      await writer.write(batchOf(partition));
    },
  };
}

test('those that wait are written together, some thousand records at a time, in their order', async () => {
  const rig = rigFor();
  await Promise.all([1500, 1500, 1500, 1500, 4500, 1].map((records, partition) => rig.follow(partition, records)));
  expect(rig.writes).toEqual([[0, 1, 2], [3, 4], [5]]);
});

test('rests nine times as long as it wrote, and not at all while a backlog waits', async () => {
  const rig = rigFor();
  await rig.follow(0, 1);
  const [idle = 0] = rig.rests;
  expect(idle).toBeGreaterThanOrEqual(9 * 2);
  expect(idle).toBeLessThanOrEqual(200);
  await Promise.all([4000, 1900, 1].map((records, partition) => rig.follow(partition, records)));
  expect(rig.writes).toEqual([[0], [0], [1, 2]]);
  expect(rig.rests).toHaveLength(3);

  const busy = rigFor();
  await Promise.all(Array.from({ length: 40 }, (_, partition) => busy.follow(partition, 1000)));
  expect(busy.writes[0]?.length).toBe(5);
  // 35 000 wait after the first write.
  expect(busy.writes.length - busy.rests.length).toBeGreaterThanOrEqual(3);
});

test('who does not use his turn holds nobody up, and a write without a turn is made', async () => {
  const rig = rigFor();
  await rig.writer.turn(1000);
  await Promise.all([rig.follow(1, 1), rig.writer.write(batchOf(2))]);
  expect(rig.writes.flat().toSorted((one, other) => one - other)).toEqual([1, 2]);
});

test('rows of one lot are made in several turns of the loop, so that other work comes between, and written together', async () => {
  const rig = rigFor();
  let loopTurns = 0;
  let isCounting = true;
  const count = (): void => {
    loopTurns += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const madeIn = await Promise.all(
    Array.from({ length: 64 }, async (_, partition) => {
      await rig.writer.turn(8);
      const turn = loopTurns;
      await rig.writer.write(batchOf(partition));
      return turn;
    }),
  );
  isCounting = false;
  // A sixteenth of the 512 records that wait: 32 of them, so four partitions, in each turn.
  expect(new Set(madeIn).size).toBeGreaterThanOrEqual(14);
  expect(rig.writes).toEqual([Array.from({ length: 64 }, (_, partition) => partition)]);
});
