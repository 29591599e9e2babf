/** What is durable before what, when history refuses rows. */
import { expect, test } from 'vitest';
import type { DeadLetter } from '../backplane/dead-letters.ts';
import { CecochatError } from '../core/errors.ts';
import { emptyState } from '../core/log/fold.ts';
import { systemClock } from '../core/time/clock.ts';
import type { HistoryBatch } from '../history-db/history-db.ts';
import { RowsRefusedError } from '../history-db/refused-rows.ts';
import { payloadDecoders } from './follow-log.ts';
import { fence, incarnation, sent } from './log-records.fixture.ts';
import { materialize } from './materialize.ts';
import { createSettingAsideWriter } from './set-aside.ts';
import { createHistoryWriter } from './writer.ts';

const records = [fence, sent(1), sent(2), sent(3), { ...sent(4), message: new Uint8Array() }];
const entries = records.map((record, offset) => ({ offset, record }));
const stored = records.map((_, offset) => ({ offset, value: Buffer.from([offset]) }));
const batch = materialize({
  partition: 0,
  partitionCount: 1,
  state: emptyState,
  records: entries,
  decode: payloadDecoders,
});

/** Refuses the rows at these offsets, as many at a time as `atOnce`; writes down what happens. */
function rigFor(refused: readonly number[], atOnce = refused.length) {
  const happened: string[] = [];
  const letters: DeadLetter[] = [];
  let isAway = false;
  const historyDb = {
    async write(batches: readonly HistoryBatch[]) {
      const rows = batches.flatMap((each) => each.rows);
      const bad = rows.filter(({ position }) => refused.includes(position.offset)).slice(0, atOnce);
      happened.push(`write ${rows.map(({ position }) => position.offset).join()}: ${bad.length} refused`);
      if (bad.length > 0)
        throw new RowsRefusedError(bad.map((row) => ({ partition: 0, row: { ...row }, reason: 'no' })));
    },
  };
  const deadLetters = {
    async put(all: readonly DeadLetter[]) {
      if (isAway) throw new CecochatError('engine.unavailable', 'away');
      happened.push(`put ${all.map(({ position }) => position.offset).join()}`);
      letters.push(...all);
    },
  };
  const clock = systemClock;
  const writer = createHistoryWriter({ historyDb, clock });
  return {
    happened,
    letters,
    away: (is: boolean) => void (isAway = is),
    writer: createSettingAsideWriter({ writer, deadLetters, clock, setAside: () => undefined }),
  };
}

test('a dead letter is durable before the write that passes its record', async () => {
  const rig = rigFor([2]);
  expect(await rig.writer.write(stored, () => batch)).toMatchObject({ rows: 2 });
  expect(rig.happened).toEqual(['put 4', 'write 1,2,3: 1 refused', 'put 2', 'write 1,3: 0 refused']);
  expect(rig.letters).toMatchObject(
    [
      { partition: 0, position: { incarnation, offset: 4 }, reason: /cannot be read/, value: Buffer.from([4]) },
      { partition: 0, position: { incarnation, offset: 2 }, reason: /no/, value: Buffer.from([2]) },
    ].map((letter) => ({ ...letter, reason: expect.stringMatching(letter.reason) })),
  );
});

test('rows that are refused only once others are out are set aside too', async () => {
  const rig = rigFor([1, 3], 1);
  expect(await rig.writer.write(stored, () => batch)).toMatchObject({ rows: 1 });
  expect(rig.happened.slice(1)).toEqual([
    'write 1,2,3: 1 refused',
    'put 1',
    'write 2,3: 1 refused',
    'put 3',
    'write 2: 0 refused',
  ]);
});

test('nothing passes a record while its dead letter cannot be kept', async () => {
  const rig = rigFor([2]);
  rig.away(true);
  await expect(rig.writer.write(stored, () => batch)).rejects.toMatchObject({ code: 'engine.unavailable' });
  expect(rig.happened).toEqual([]);
  await expect(rig.writer.write(stored, () => ({ ...batch, unreadable: [] }))).rejects.toMatchObject({
    code: 'engine.unavailable',
  });
  expect(rig.happened).toEqual(['write 1,2,3: 1 refused']);
  rig.away(false);
  expect(await rig.writer.write(stored, () => batch)).toMatchObject({ rows: 2 });
});

test('refused rows of one partition do not hold up the others of the same write', async () => {
  const writes: number[][] = [];
  const historyDb = {
    async write(batches: readonly HistoryBatch[]) {
      writes.push(batches.map(({ partition }) => partition));
      const bad = batches.flatMap(({ partition, rows }) => rows.map((row) => ({ partition, row, reason: 'no' })));
      throw new RowsRefusedError(bad.filter(({ partition }) => partition !== 1));
    },
  };
  const writer = createHistoryWriter({ historyDb, clock: systemClock });
  const settled = await Promise.allSettled([0, 1, 2].map((partition) => writer.write({ ...batch, partition })));
  expect(writes).toEqual([[0, 1, 2]]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  for (const [partition, each] of settled.entries()) {
    const reason: unknown = each.status === 'rejected' ? each.reason : undefined;
    const refused = reason instanceof RowsRefusedError ? reason.rows : [];
    expect(refused.map((row) => row.partition)).toEqual(Array(partition === 1 ? 0 : 3).fill(partition));
  }
});
