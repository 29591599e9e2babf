/** From the log to the history over embedded engines: where it starts, continues and what it protects. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeRecord } from '../backplane/codec.ts';
import { openEmbeddedBackplane } from '../backplane/embedded/embedded-backplane.ts';
import { createScope } from '../core/lifecycle.ts';
import { emptyState } from '../core/log/fold.ts';
import type { LogRecord } from '../core/log/record.ts';
import { systemClock } from '../core/time/clock.ts';
import { openEmbeddedHistoryDb } from '../history-db/embedded/embedded-history-db.ts';
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import { createLogFollower } from './follow-log.ts';
import { bob, fence, incarnation, sent } from './log-records.fixture.ts';
import { createPace } from './pace.ts';
import { createSettingAsideWriter } from './set-aside.ts';
import { createHistoryWriter } from './writer.ts';

async function openRig() {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-materialize-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = systemClock;
  const backplane = scope.use(
    await openEmbeddedBackplane({ folder: join(folder, 'b'), partitionCount: 2, clock, retentionBytes: 1 }),
  );
  const historyDb = scope.use(await openEmbeddedHistoryDb({ folder: join(folder, 'h') }));
  const writes: (readonly HistoryBatch[])[] = [];
  const recording: Pick<HistoryDb, 'write'> = {
    async write(batches) {
      await historyDb.write(batches);
      writes.push(batches);
    },
  };
  return {
    backplane,
    historyDb,
    writes,
    append: (...records: LogRecord[]) => backplane.append(0, records.map(encodeRecord)),
    async follow() {
      const writer = createSettingAsideWriter({
        writer: createHistoryWriter({ historyDb: recording, clock }),
        deadLetters: backplane.deadLetters,
        clock,
        setAside: () => undefined,
      });
      const pace = createPace({ clock, restMs: 0 });
      const follower = createLogFollower({ backplane, historyDb, writer, pace, counted: () => undefined });
      const group = await backplane.openGroup('materialize', follower);
      return { follower, [Symbol.asyncDispose]: () => group[Symbol.asyncDispose]() };
    },
    async reached(offset: number) {
      while (((await historyDb.watermark(0))?.next.offset ?? 0) < offset) await clock.sleep(2);
    },
    ids: async () => {
      const { rows } = await historyDb.userHistory({ owner: bob, limit: 100 });
      return rows.map((row) => (row.kind === 'message' ? row.messageId : 0n));
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('valid records become rows, repeats and void ones do not, and a restart goes on at the watermark', async () => {
  await using rig = await openRig();
  await rig.append(fence, sent(1), sent(1), sent(3), sent(1, { term: 9 }));
  {
    await using _first = await rig.follow();
    await rig.reached(5);
  }
  expect(await rig.ids()).toEqual([1001n]);
  await rig.append(sent(2), sent(3));
  const before = rig.writes.length;
  await using _second = await rig.follow();
  await rig.reached(7);
  expect(await rig.ids()).toEqual([1003n, 1002n, 1001n]);
  const rewritten = rig.writes.slice(before).flatMap((batches) => batches.flatMap(({ rows }) => rows.length));
  expect(rewritten.reduce((one, other) => one + other, 0)).toBe(2);
});

test('what is not in the history yet is protected from retention', async () => {
  await using rig = await openRig();
  await rig.append(fence, sent(1));
  await using first = await rig.follow();
  await rig.reached(2);
  await first.follower.protect();
  await rig.append(sent(2));
  await rig.reached(3);
  await rig.append(sent(3));
  await rig.reached(4);
  await rig.backplane.retain();
  expect((await rig.backplane.bounds(0)).start).toBe(2);
  expect(await first.follower.lag()).toBe(0);
});

test('batches of many partitions share a write while one is on its way', async () => {
  const written: number[] = [];
  let finish: () => void = () => undefined;
  const historyDb = {
    write(batches: readonly HistoryBatch[]) {
      written.push(batches.length);
      return new Promise<void>((resolve) => (finish = resolve));
    },
  };
  const writer = createHistoryWriter({ historyDb, clock: systemClock });
  const batch = (partition: number): HistoryBatch => ({
    partition,
    rows: [],
    watermark: { next: { incarnation, offset: 1 }, state: { ...emptyState, incarnation } },
  });
  const first = writer.write(batch(0));
  while (written.length < 1) await systemClock.sleep(1);
  const rest = [writer.write(batch(1)), writer.write(batch(2))];
  await systemClock.sleep(1);
  finish();
  await first;
  while (written.length < 2) await systemClock.sleep(1);
  finish();
  await Promise.all(rest);
  expect(written).toEqual([1, 2]);
});
