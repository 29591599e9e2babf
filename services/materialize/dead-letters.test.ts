/** Poison in the log over embedded engines: it is set aside, everything else goes on, and it can be replayed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeRecord } from '../backplane/codec.ts';
import { openEmbeddedBackplane } from '../backplane/embedded/embedded-backplane.ts';
import { createScope } from '../core/lifecycle.ts';
import type { LogRecord } from '../core/log/record.ts';
import { systemClock } from '../core/time/clock.ts';
import { openEmbeddedHistoryDb } from '../history-db/embedded/embedded-history-db.ts';
import { createLogFollower, payloadDecoders } from './follow-log.ts';
import { bob, fence, incarnation, sent } from './log-records.fixture.ts';
import { createPace } from './pace.ts';
import { createDeadLetterDesk } from './replay.ts';
import { createSettingAsideWriter } from './set-aside.ts';
import { createHistoryWriter } from './writer.ts';

const rowBytes = 500;
const large = 'x'.repeat(1000);

async function openRig(...records: readonly LogRecord[]) {
  const scope = createScope();
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-dead-letters-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = systemClock;
  const options = { folder: join(folder, 'b'), partitionCount: 2, clock };
  const backplane = scope.use(await openEmbeddedBackplane(options));
  await backplane.append(0, records.map(encodeRecord));
  return {
    backplane,
    /** History with that limit, and materialize over it until everything is in or set aside. */
    async materialized(limit: number) {
      const inner = createScope();
      const historyDb = inner.use(await openEmbeddedHistoryDb({ folder: join(folder, 'h'), rowBytes: limit }));
      const { deadLetters } = backplane;
      const writer = createSettingAsideWriter({
        writer: createHistoryWriter({ historyDb, clock }),
        deadLetters,
        clock,
        setAside: () => undefined,
      });
      const pace = createPace({ clock, restMs: 0 });
      const follower = createLogFollower({ backplane, historyDb, writer, pace, counted: () => undefined });
      inner.use(await backplane.openGroup('materialize', follower));
      const { end } = await backplane.bounds(0);
      while (((await historyDb.watermark(0))?.next.offset ?? 0) < end) await clock.sleep(2);
      return {
        desk: createDeadLetterDesk({ deadLetters, historyDb, decode: payloadDecoders }),
        historyDb,
        ids: async () => {
          const { rows } = await historyDb.userHistory({ owner: bob, limit: 100 });
          return rows.map((row) => (row.kind === 'message' ? row.messageId : 0n));
        },
        [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const idAt = (offset: number): string => `0.${offset}.${incarnation}`;

test('a row that history refuses is set aside, the rows around it go in, and it is history after a replay', async () => {
  await using rig = await openRig(fence, sent(1), sent(2, { text: large }), sent(3));
  {
    await using lower = await rig.materialized(rowBytes);
    expect(await lower.ids()).toEqual([1003n, 1001n]);
    const { letters, total } = await lower.desk.list(undefined, 10);
    expect(total).toBe(1);
    expect(letters).toMatchObject([
      {
        id: idAt(2),
        kind: 'sent',
        owners: [bob],
        message: { messageId: 1002n, chatId: '1-2', senderId: bob },
        reason: expect.stringMatching(/history refuses: .*larger than the 500/),
      },
    ]);
    const again = await lower.desk.replayNext(undefined, 10);
    expect(again).toEqual({
      replayed: 0,
      refused: [{ id: idAt(2), reason: expect.stringContaining('larger than the 500') }],
      next: idAt(2),
    });
    expect(await lower.desk.count()).toBe(1);
  }
  await using raised = await rig.materialized(5000);
  expect(await raised.desk.replay([idAt(2)])).toEqual({ replayed: 1, refused: [], next: undefined });
  expect(await raised.ids()).toEqual([1003n, 1002n, 1001n]);
  expect((await raised.historyDb.watermark(0))?.next).toEqual({ incarnation, offset: 4 });
  expect(await raised.desk.count()).toBe(0);
});

test('a valid record whose message cannot be read is set aside with the reason; one that is void is not', async () => {
  const unreadable = { ...sent(2), message: Buffer.from('no message') };
  const stale = { ...sent(3, { term: 9 }), message: Buffer.from('no message') };
  await using rig = await openRig(fence, sent(1), unreadable, stale, sent(3));
  await using it = await rig.materialized(rowBytes);
  expect(await it.ids()).toEqual([1003n, 1001n]);
  const { letters } = await it.desk.list(undefined, 10);
  expect(letters).toMatchObject([
    { id: idAt(2), kind: 'sent', message: undefined, reason: 'the message in this record of kind sent cannot be read' },
  ]);
  const answer = await it.desk.replay([idAt(2)]);
  expect(answer).toMatchObject({ replayed: 0, refused: [{ id: idAt(2), reason: /cannot be read/ }].map(asContaining) });
  expect(await it.desk.count()).toBe(1);
});

test('all are replayed page by page, and what is taken meanwhile by another page is passed over', async () => {
  const poison = [1, 2, 3, 4, 5].map((sequence) => sent(sequence, { text: large }));
  await using rig = await openRig(fence, ...poison);
  {
    await using lower = await rig.materialized(rowBytes);
    expect(await lower.desk.count()).toBe(5);
  }
  await using raised = await rig.materialized(5000);
  const first = await raised.desk.replayNext(undefined, 2);
  expect(first).toEqual({ replayed: 2, refused: [], next: idAt(2) });
  expect(await raised.desk.replayNext(first.next, 10)).toEqual({ replayed: 3, refused: [], next: idAt(5) });
  expect(await raised.desk.replayNext(idAt(5), 10)).toEqual({ replayed: 0, refused: [], next: undefined });
  expect(await raised.ids()).toHaveLength(5);
});

test('an id that is none, or of no dead letter, is refused and nothing is replayed', async () => {
  await using rig = await openRig(fence, sent(1, { text: large }));
  await using it = await rig.materialized(rowBytes);
  await expect(it.desk.replay([idAt(1), idAt(7)])).rejects.toMatchObject({ code: 'not.found' });
  for (const id of ['', 'x', '1.2', `-1.2.${incarnation}`, '../etc'])
    await expect(it.desk.replay([id])).rejects.toMatchObject({ code: 'request.invalid' });
  expect(await it.desk.count()).toBe(1);
});

function asContaining({ id, reason }: { id: string; reason: RegExp }) {
  return { id, reason: expect.stringMatching(reason) };
}
