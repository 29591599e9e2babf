/**
 * What every backplane keeps to. An engine's own test calls `describeBackplane` and runs all of it. Offsets
 * grow, maybe with holes; deliveries may come late; nothing else is left to the engine.
 */
import { describe, expect, test } from 'vitest';
import { CecochatError } from '../core/errors.ts';
import type { Backplane, StoredRecord } from './backplane.ts';
import { describeActive } from './active.contract.ts';
import { describeDeadLetters } from './dead-letters.contract.ts';
import { describeGroups } from './groups.contract.ts';
import { recordTail, texts, values } from './recorded-tail.contract.ts';

/** A fresh, empty backplane of at least four partitions. */
export interface BackplaneFixture extends AsyncDisposable {
  readonly backplane: Backplane;
  /** Closes it and opens the same data again. */
  reopen(): Promise<Backplane>;
  /** Makes everything that was appended so far old enough for retention, and waits until retention has run. */
  expire(): Promise<void>;
}

export type OpenBackplane = () => Promise<BackplaneFixture>;

const roomy = { maxRecords: 10_000, maxBytes: 64 * 1024 * 1024 };

export function describeBackplane(name: string, open: OpenBackplane): void {
  describe(`${name}: appending and reading`, () => {
    test('reads back what was appended, in order, with growing offsets', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const first = await backplane.append(1, values('a', 'b', 'c'));
      const second = await backplane.append(1, values('d'));
      const records = await backplane.read(1, first.baseOffset, roomy);
      expect(texts(records)).toEqual(['a', 'b', 'c', 'd']);
      expect(first.partition).toBe(1);
      expect(records[0]?.offset).toBe(first.baseOffset);
      expect(records[3]?.offset).toBe(second.baseOffset);
      expectGrowing(records);
    });

    test('keeps the order of the calls of one caller, also when it does not wait', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const sent = Array.from({ length: 200 }, (_, i) => `m${i}`);
      const answers = await Promise.all(sent.map((text) => backplane.append(2, values(text))));
      const records = await backplane.read(2, answers[0]?.baseOffset ?? 0, roomy);
      expect(texts(records)).toEqual(sent);
      expect(records.map((record) => record.offset)).toEqual(answers.map((answer) => answer.baseOffset));
    });

    test('keeps the values of one append together under concurrent appends', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => backplane.append(0, values(`${i}:0`, `${i}:1`, `${i}:2`))),
      );
      for (const [i, { baseOffset }] of answers.entries()) {
        const records = await backplane.read(0, baseOffset, { ...roomy, maxRecords: 3 });
        expect(texts(records)).toEqual([`${i}:0`, `${i}:1`, `${i}:2`]);
      }
    });

    test('keeps partitions apart', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const [zero, three] = await Promise.all([
        backplane.append(0, values('zero')),
        backplane.append(3, values('three')),
      ]);
      expect(texts(await backplane.read(0, zero.baseOffset, roomy))).toEqual(['zero']);
      expect(texts(await backplane.read(3, three.baseOffset, roomy))).toEqual(['three']);
      const { start, end } = await backplane.bounds(1);
      expect(start).toBe(end);
    });

    test('bounds are the first record and the place of the next', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const first = await backplane.append(1, values('a', 'b'));
      const { start, end } = await backplane.bounds(1);
      expect(start).toBeLessThanOrEqual(first.baseOffset);
      expect(end).toBeGreaterThan(first.baseOffset + 1);
      const next = await backplane.append(1, values('c'));
      expect(next.baseOffset).toBeGreaterThanOrEqual(end);
    });

    test('reads nothing at the end, and at least one record before it, whatever the limits', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const { baseOffset } = await backplane.append(1, values('a'.repeat(5000), 'b', 'c'));
      const { end } = await backplane.bounds(1);
      expect(await backplane.read(1, end, roomy)).toEqual([]);
      expect(await backplane.read(1, baseOffset, { maxRecords: 10, maxBytes: 1 })).toHaveLength(1);
      expect(await backplane.read(1, baseOffset, { maxRecords: 2, maxBytes: 100_000 })).toHaveLength(2);
    });

    test('starts reading inside a batch', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const { baseOffset } = await backplane.append(1, values('a', 'b', 'c'));
      const records = await backplane.read(1, baseOffset, roomy);
      expect(texts(await backplane.read(1, records[1]?.offset ?? -1, roomy))).toEqual(['b', 'c']);
    });

    test('takes an empty value, an empty batch, a value of a megabyte and a batch of thousands', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const { start } = await backplane.bounds(1);
      await backplane.append(1, []);
      await backplane.append(1, [new Uint8Array(0)]);
      const large = Buffer.alloc(900_000, 7);
      await backplane.append(1, [large]);
      const many = Array.from({ length: 5000 }, (_, i) => `${i}`.padStart(100));
      await backplane.append(1, values(...many));
      const records = await backplane.read(1, start, roomy);
      expect(records).toHaveLength(5002);
      expect(records[0]?.value).toHaveLength(0);
      expect(large.equals(records[1]?.value ?? new Uint8Array(0))).toBe(true);
      expect(texts(records.slice(2))).toEqual(many);
    });

    test('keeps everything when it is opened again', async () => {
      await using fixture = await open();
      const before = fixture.backplane;
      const { baseOffset } = await before.append(1, values('a', 'b'));
      const bounds = await before.bounds(1);
      const after = await fixture.reopen();
      expect(after.partitionCount).toBe(before.partitionCount);
      expect(await after.bounds(1)).toEqual(bounds);
      expect(texts(await after.read(1, baseOffset, roomy))).toEqual(['a', 'b']);
      const next = await after.append(1, values('c'));
      expect(next.baseOffset).toBeGreaterThanOrEqual(bounds.end);
      expect(texts(await after.read(1, baseOffset, roomy))).toEqual(['a', 'b', 'c']);
    });

    test('counts what it appended', async () => {
      await using fixture = await open();
      const before = fixture.backplane.appended();
      await Promise.all([fixture.backplane.append(0, values('a', 'bcd')), fixture.backplane.append(1, values('ef'))]);
      const after = fixture.backplane.appended();
      expect(after.records - before.records).toBe(3);
      expect(after.bytes - before.bytes).toBe(6);
      expect(after.batches - before.batches).toBe(2);
      expect([1, 2]).toContain(after.requests - before.requests);
    });

    test('says what an answered append survives', async () => {
      await using fixture = await open();
      expect(fixture.backplane.durability.length).toBeGreaterThan(20);
    });
  });

  describe(`${name}: tails`, () => {
    test('delivers what is there and what comes, each record once, in order, under concurrent appends', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const { start } = await backplane.bounds(1);
      const appends: Promise<unknown>[] = [];
      for (let i = 0; i < 300; i++) appends.push(backplane.append(1, values(`m${i}`)));
      await appends[10];
      await using tail = recordTail(backplane);
      tail.assign(1, start);
      for (let i = 300; i < 600; i++) {
        appends.push(backplane.append(1, values(`m${i}`)));
        if (i % 20 === 0) await appends.at(-1);
      }
      await Promise.all(appends);
      expect(texts(await tail.until(1, 600))).toEqual(Array.from({ length: 600 }, (_, i) => `m${i}`));
    });

    test('holds one partition back until its promise resolves, and no other', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await using tail = recordTail(backplane, (partition) => (partition === 1 ? held : undefined));
      for (const partition of [1, 2]) tail.assign(partition, (await backplane.bounds(partition)).end);
      await backplane.append(1, values('held'));
      await tail.until(1, 1);
      await backplane.append(1, values('later', 'still later'));
      await backplane.append(2, values('free'));
      expect(texts(await tail.until(2, 1))).toEqual(['free']);
      expect(texts(tail.of(1))).toEqual(['held']);
      release();
      expect(texts(await tail.until(1, 3))).toEqual(['held', 'later', 'still later']);
    });

    test('a slow follower gets everything that came meanwhile, however much', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await using tail = recordTail(backplane, () => held);
      tail.assign(1, (await backplane.bounds(1)).end);
      await backplane.append(1, values('first'));
      await tail.until(1, 1);
      const many = Array.from({ length: 40 }, (_, i) => `${i}`.padStart(i % 10 === 9 ? 100 : 30_000));
      for (const text of many) await backplane.append(1, values(text));
      release();
      expect(texts(await tail.until(1, 41))).toEqual(['first', ...many]);
    });

    test('an assignment replaces the earlier one; nothing comes after the end of one', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const { baseOffset } = await backplane.append(1, values('a', 'b', 'c'));
      await using tail = recordTail(backplane);
      tail.assign(1, baseOffset);
      await tail.until(1, 3);
      tail.assign(1, tail.of(1)[2]?.offset ?? -1);
      expect(texts(await tail.until(1, 4))).toEqual(['a', 'b', 'c', 'c']);
      tail.unassign(1);
      tail.assign(2, (await backplane.bounds(2)).end);
      await backplane.append(1, values('unseen'));
      await backplane.append(2, values('seen'));
      await tail.until(2, 1);
      expect(tail.of(1)).toHaveLength(4);
    });

    test('replacing an assignment at every moment loses and doubles nothing', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      await using tail = recordTail(backplane);
      const { start } = await backplane.bounds(1);
      tail.assign(1, start);
      for (let i = 0; i < 100; i++) {
        const appended = backplane.append(1, values(`m${i}`));
        const last = tail.of(1).at(-1);
        tail.assign(1, last === undefined ? start : last.offset + 1);
        await appended;
      }
      expect(texts(await tail.until(1, 100))).toEqual(Array.from({ length: 100 }, (_, i) => `m${i}`));
    });

    test('an assignment further back gets everything from there, at whatever moment it replaces another', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const sent = Array.from({ length: 20 }, (_, i) => `m${i}`);
      const offsets: number[] = [];
      for (const text of sent) offsets.push((await backplane.append(1, values(text))).baseOffset);
      const [first = -1, middle = -1] = [offsets[0], offsets[10]];
      for (let i = 0; i < 40; i++) {
        await using tail = recordTail(backplane);
        tail.assign(1, middle);
        for (let turn = 0; turn < i * 4; turn++) await new Promise((resolve) => void setImmediate(resolve));
        const before = tail.of(1).length;
        tail.assign(1, first);
        expect(texts((await tail.until(1, before + 20)).slice(before))).toEqual(sent);
      }
    });

    test('two tails get the same, and a closed one gets nothing more', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      await using one = recordTail(backplane);
      const other = recordTail(backplane);
      const { end } = await backplane.bounds(1);
      one.assign(1, end);
      other.assign(1, end);
      await backplane.append(1, values('a'));
      await Promise.all([one.until(1, 1), other.until(1, 1)]);
      await other[Symbol.asyncDispose]();
      await backplane.append(1, values('b'));
      expect(texts(await one.until(1, 2))).toEqual(['a', 'b']);
      expect(texts(other.of(1))).toEqual(['a']);
    });
  });

  describe(`${name}: retention`, () => {
    test('never removes what a holder protects, also after it was opened again', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const first = await backplane.append(1, values('old'));
      const kept = await backplane.append(1, values('kept'));
      await backplane.protect('holder', 1, kept.baseOffset);
      await backplane.append(1, values('new'));
      await fixture.expire();
      expect(texts(await backplane.read(1, kept.baseOffset, roomy))).toEqual(['kept', 'new']);
      const reopened = await fixture.reopen();
      await reopened.append(1, values('newest'));
      await fixture.expire();
      expect(texts(await reopened.read(1, kept.baseOffset, roomy))).toEqual(['kept', 'new', 'newest']);
      expect((await reopened.bounds(1)).start).toBeGreaterThan(first.baseOffset);
    });

    test('what was removed is said to be expired, to readers and to tails', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const first = await backplane.append(1, values('old'));
      const next = await backplane.append(1, values('next'));
      await backplane.protect('holder', 1, next.baseOffset);
      await fixture.expire();
      await expect(backplane.read(1, first.baseOffset, roomy)).rejects.toMatchObject({ code: 'feed.expired' });
      await using tail = recordTail(backplane);
      tail.assign(1, first.baseOffset);
      const error = await tail.failure(1);
      expect(error).toBeInstanceOf(CecochatError);
      expect(error).toMatchObject({ code: 'feed.expired' });
      expect(tail.of(1)).toEqual([]);
    });

    test('the lowest of several holders counts, and each may go on', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const low = await backplane.append(1, values('low'));
      const high = await backplane.append(1, values('high'));
      await backplane.append(1, values('end'));
      await backplane.protect('one', 1, high.baseOffset);
      await backplane.protect('other', 1, low.baseOffset);
      await fixture.expire();
      expect((await backplane.bounds(1)).start).toBeLessThanOrEqual(low.baseOffset);
      await backplane.protect('other', 1, high.baseOffset);
      await fixture.expire();
      expect((await backplane.bounds(1)).start).toBe(high.baseOffset);
    });
  });

  describeGroups(name, open);
  describeActive(name, open);
  describeDeadLetters(name, open);
}

function expectGrowing(records: readonly StoredRecord[]): void {
  const offsets = records.map((record) => record.offset);
  expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
}
