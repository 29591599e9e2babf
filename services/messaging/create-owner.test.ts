import { describe, expect, it } from 'vitest';
import { alice, bob, chatId, handDrivenOwner } from './simulation/hand-driven-owner.ts';

describe('a take-over', () => {
  it('accepts nothing before its fence is read back and cleanly answered', () => {
    const { takeOver, settle, send, appends, read, answer, events } = handDrivenOwner();
    takeOver();
    settle();
    const [fence] = appends;
    expect(send()).toMatchObject([{ code: 'partition.not_owned' }]);
    read(...(fence?.records ?? []));
    expect(send()).toMatchObject([{ code: 'partition.not_owned' }]);
    answer(fence?.flight ?? 0, 0);
    expect(events).toEqual(['owned']);
    expect(send()).toEqual([]);
  });

  it('writes a Mark, and ends at a foreign fence, refusing what is on its way', () => {
    const { own, log, send, read, events } = handDrivenOwner();
    own();
    expect(log.map(({ kind }) => kind)).toContain('mark');
    const outcomes = send();
    read({ kind: 'fence', own: { term: 99, server: 's2', sequence: 0 }, incarnation: 'x' });
    expect(outcomes).toMatchObject([{ kind: 'refused', code: 'partition.not_owned' }]);
    expect(events.at(-1)).toContain('ended: server s2');
  });
});

describe('an acknowledgement', () => {
  it('needs both the record read back and a clean answer, in either order', () => {
    for (const answerFirst of [true, false]) {
      const { own, send, appends, answer, read, log, feed } = handDrivenOwner();
      own();
      const outcomes = send();
      const append = appends.shift();
      const base = log.length;
      const steps = [() => answer(append?.flight ?? 0, base), () => read(...(append?.records ?? []))];
      for (const step of answerFirst ? steps : steps.toReversed()) {
        expect(outcomes).toEqual([]);
        expect(feed).toEqual([]);
        step();
      }
      expect(outcomes).toMatchObject([{ kind: 'accepted', repeated: false, position: { offset: base } }]);
      expect(feed).toMatchObject([{ offset: base, record: { owners: [alice, bob] } }]);
    }
  });

  it.each([
    ['an error', { error: 'timed out' }],
    ['another partition', { partition: 5, baseOffset: 900 }],
    ['an offset not above the last', { partition: 0, baseOffset: 0 }],
  ])('does not come from %s: the same records are appended again', (_name, wrong) => {
    const { own, owner, send, appends, pass, land } = handDrivenOwner();
    own();
    const outcomes = send();
    const append = appends.shift();
    owner.answered(0, append?.flight ?? 0, wrong);
    pass(30);
    expect(appends).toMatchObject([{ records: append?.records }]);
    land();
    expect(outcomes).toMatchObject([{ kind: 'accepted' }]);
  });

  it('waits for a record that was answered but never written, which comes again after a second', () => {
    const { own, send, appends, answer, pass, land } = handDrivenOwner();
    own();
    const outcomes = send();
    const append = appends.shift();
    answer(append?.flight ?? 0, 500);
    pass(900);
    expect(appends).toEqual([]);
    pass(200);
    expect(appends).toMatchObject([{ records: append?.records }]);
    land();
    // The false answer named a higher offset, so that the true one is not clean yet.
    pass(30);
    land();
    expect(outcomes).toMatchObject([{ kind: 'accepted' }]);
  });

  it('never has two appends of a partition on their way', () => {
    const { own, send, appends } = handDrivenOwner();
    own();
    for (let count = 0; count < 10; count += 1) send();
    expect(appends).toHaveLength(1);
  });
});

describe('a retried send', () => {
  it('gets the id of the first attempt, once that is acknowledged', () => {
    const { own, send, land, newKey, feed } = handDrivenOwner();
    own();
    const key = newKey();
    const first = send({ key });
    const second = send({ key });
    expect(second).toEqual([]);
    land();
    const third = send({ key });
    expect(first).toMatchObject([{ kind: 'accepted', repeated: false }]);
    expect([...second, ...third]).toEqual([1, 2].map(() => ({ ...first[0], repeated: true })));
    expect(feed).toHaveLength(1);
  });

  it('is another message when another user sends with the same key', () => {
    const { own, send, land, newKey, feed } = handDrivenOwner();
    own();
    const key = newKey();
    send({ key });
    send({ key, sender: bob });
    land();
    expect(feed).toHaveLength(2);
  });

  it('is refused while the one before it is neither accepted nor refused', () => {
    const { own, send, newKey } = handDrivenOwner();
    own();
    const previousKey = newKey();
    expect(send({ previousKey })).toMatchObject([{ code: 'send.out_of_order' }]);
    expect(send({ key: previousKey })).toEqual([]);
    expect(send({ previousKey })).toEqual([]);
    expect(send({ previousKey: newKey(700_000) })).toMatchObject([]);
  });

  it.each([600_001, -60_001])('has expired with a key made %s ms ago', (agoMs) => {
    const { own, send, newKey, log, pass } = handDrivenOwner();
    own();
    pass(700_000);
    expect(send({ key: newKey(agoMs) })).toMatchObject([
      { code: 'send.expired', position: { offset: log.length - 1 } },
    ]);
  });

  it('is refused behind one that has just expired, which may come again under another key', () => {
    const { own, send, newKey, pass } = handDrivenOwner();
    own();
    const expired = newKey(600_001);
    expect(send({ previousKey: expired })).toEqual([]);
    expect(send({ key: expired })).toMatchObject([{ code: 'send.expired' }]);
    expect(send({ previousKey: expired })).toMatchObject([{ code: 'send.out_of_order' }]);
    const renewed = newKey();
    expect(send({ key: renewed, previousKey: newKey(700_000) })).toEqual([]);
    expect(send({ previousKey: renewed })).toEqual([]);
    pass(600_001);
    expect(send({ previousKey: expired })).toEqual([]);
  });

  it('is known to the next owner, which reads the log', () => {
    const { own, send, land, newKey, takeOver, log, owner, feed, settle } = handDrivenOwner();
    own();
    const key = newKey();
    const first = send({ key });
    land();
    const records = [...log];
    takeOver();
    owner.records(
      0,
      records.map((record, offset) => ({ offset, record })),
    );
    settle();
    land();
    expect(send({ key })).toEqual([{ ...first[0], repeated: true }]);
    expect(feed).toHaveLength(1);
  });
});

describe('confirmations', () => {
  const confirm = (deliveredUpTo: bigint, seenUpTo: bigint) => ({
    readerId: bob,
    chatId,
    senderId: alice,
    deliveredUpTo,
    seenUpTo,
  });

  it('are merged, at most five a second for a chat, and none without growth', () => {
    const { own, send, land, owner, log, pass } = handDrivenOwner();
    own();
    const [outcome] = send();
    land();
    expect(outcome).toBeUndefined();
    const count = (): number => log.filter(({ kind }) => kind === 'confirmed').length;
    for (let upTo = 1n; upTo <= 50n; upTo += 1n) owner.confirm(confirm(upTo, 0n));
    land();
    expect(count()).toBe(1);
    pass(250);
    land();
    expect(count()).toBe(2);
    const last = log.findLast(({ kind }) => kind === 'confirmed');
    expect(last?.kind === 'confirmed' && Buffer.from(last.receipt).toString()).toBe('50/0');
    owner.confirm(confirm(50n, 0n));
    pass(1000);
    land();
    expect(count()).toBe(2);
  });

  it('go no further than the ids there are', () => {
    const { own, send, land, owner, log, feed } = handDrivenOwner();
    own();
    send();
    land();
    const id = feed[0]?.record.kind === 'sent' ? feed[0].record.messageId : 0n;
    owner.confirm(confirm(2n ** 62n, 2n ** 62n));
    land();
    const last = log.findLast(({ kind }) => kind === 'confirmed');
    expect(last?.kind === 'confirmed' && Buffer.from(last.receipt).toString()).toBe(`${id}/${id}`);
  });
});

describe('a release', () => {
  it('finishes what is on its way, writes Relayed and Mark, and accepts nothing more', () => {
    const { own, send, owner, pass, land, events, log } = handDrivenOwner();
    own();
    const outcomes = send();
    owner.release(0);
    expect(send()).toMatchObject([{ code: 'partition.not_owned' }]);
    for (let round = 0; round < 5; round += 1) {
      land();
      pass(50);
    }
    expect(outcomes).toMatchObject([{ kind: 'accepted' }]);
    expect(events.at(-1)).toBe('ended: released');
    expect(log.slice(-2).map(({ kind }) => kind)).toEqual(['relayed', 'mark']);
  });

  it('appends nothing when the log ends with the owner’s own Mark', () => {
    const { own, owner, events, appends, land, log, pass } = handDrivenOwner();
    own();
    land();
    expect(log.at(-1)?.kind).toBe('mark');
    const before = log.length;
    owner.release(0);
    pass(100);
    expect(events.at(-1)).toBe('ended: released');
    expect(appends).toEqual([]);
    expect(log).toHaveLength(before);
  });

  it('at once appends nothing more', () => {
    const { own, owner, events, appends, pass } = handDrivenOwner();
    own();
    owner.end(0, 'the lease is lost');
    pass(100_000);
    expect(events.at(-1)).toBe('ended: the lease is lost');
    expect(appends).toEqual([]);
  });
});
