import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSendKey, parseClientId, parseMessageId, parseUserId, type UserId } from '../ids.ts';
import { partitionOf } from '../partitioning.ts';
import { createFold, emptyState, fold } from './fold.ts';
import type { Fence, LogRecord, PartitionState, Received, Sent, Source, Verdict } from './record.ts';

const place = { partition: 0, partitionCount: 4 };

function userIn(partition: number): UserId {
  for (let id = 1n; ; id += 1n) {
    const user = parseUserId(id);
    if (user !== undefined && partitionOf(user, place.partitionCount) === partition) return user;
  }
}

const messageId = (id: bigint): Sent['messageId'] => {
  const parsed = parseMessageId(id);
  if (parsed === undefined) throw new Error(`${id} is no message id`);
  return parsed;
};

const fence = (term: number, server = 's1'): Fence => ({
  kind: 'fence',
  own: { term, server, sequence: 0 },
  incarnation: `incarnation-${term}`,
});

function sent(own: { term: number; server?: string; sequence: number }, more: { id?: bigint; to?: number } = {}): Sent {
  const clientId = parseClientId('01890a5d-ac96-4b7c-8f3a-0123456789ab');
  if (clientId === undefined) throw new Error('a UUID is a client id');
  return {
    kind: 'sent',
    own: { server: 's1', ...own },
    messageId: messageId(more.id ?? 5n),
    senderId: userIn(0),
    key: makeSendKey(1, new Uint8Array(10)),
    clientId,
    owners: [userIn(0)],
    receivers: more.to === undefined ? [] : [userIn(more.to)],
    message: new Uint8Array([1]),
  };
}

function received(source: Partial<Source> & { offset: number; prev: number }, id = 5n): Received {
  const from = { partition: 2, incarnation: 'a', first: false, ...source };
  return { kind: 'received', source: from, messageId: messageId(id), owners: [userIn(0)], message: new Uint8Array() };
}

function run(records: readonly LogRecord[]): { verdicts: Verdict[]; state: PartitionState } {
  let state = emptyState;
  const verdicts = records.map((record, offset) => {
    const step = fold(state, { offset, record }, place);
    state = step.state;
    return step.verdict;
  });
  return { verdicts, state };
}

describe('own records', () => {
  it('count in sequence under the standing term, once each', () => {
    const records = [fence(1), sent({ term: 1, sequence: 1 }), sent({ term: 1, sequence: 1 })];
    expect(run(records).verdicts).toEqual(['valid', 'valid', 'repeat']);
  });

  it('are ahead when one before is missing, and valid when they come again in order', () => {
    const records = [
      fence(1),
      sent({ term: 1, sequence: 2 }),
      sent({ term: 1, sequence: 1 }),
      sent({ term: 1, sequence: 2 }),
    ];
    expect(run(records).verdicts).toEqual(['valid', 'ahead', 'valid', 'valid']);
  });

  it('of a stale owner are void, also when it has the same name', () => {
    const records = [
      fence(1),
      fence(2, 's2'),
      sent({ term: 1, sequence: 1 }),
      fence(3),
      sent({ term: 1, sequence: 1 }),
    ];
    expect(run(records).verdicts).toEqual(['valid', 'valid', 'void', 'valid', 'void']);
  });

  it('of a server under the term of another are void', () => {
    expect(run([fence(1), sent({ term: 1, server: 's2', sequence: 1 })]).verdicts).toEqual(['valid', 'void']);
  });

  it('before any fence are void', () => {
    expect(run([sent({ term: 1, sequence: 1 })]).verdicts).toEqual(['void']);
  });
});

describe('fences', () => {
  it('need a larger term; the sequence restarts; the incarnation stays', () => {
    const { verdicts, state } = run([
      fence(5),
      sent({ term: 5, sequence: 1 }),
      fence(4, 's2'),
      fence(5),
      fence(5, 's2'),
      fence(6),
    ]);
    expect(verdicts).toEqual(['valid', 'valid', 'void', 'repeat', 'void', 'valid']);
    expect(state).toMatchObject({ term: 6, sequence: 0, incarnation: 'incarnation-5' });
  });
});

describe('derived records', () => {
  const verdictsOf = (...records: LogRecord[]): Verdict[] => run([fence(1), ...records]).verdicts.slice(1);

  it('follow their chain, once each', () => {
    expect(
      verdictsOf(
        received({ offset: 3, prev: -1 }),
        received({ offset: 8, prev: 3 }),
        received({ offset: 3, prev: -1 }),
      ),
    ).toEqual(['valid', 'valid', 'repeat']);
  });

  it('are ahead when the chain has a gap', () => {
    expect(verdictsOf(received({ offset: 3, prev: -1 }), received({ offset: 9, prev: 8 }))).toEqual(['valid', 'ahead']);
  });

  it('of an unknown source start a chain only when nothing comes before', () => {
    expect(verdictsOf(received({ offset: 9, prev: 8 }))).toEqual(['ahead']);
    expect(verdictsOf(received({ offset: 9, prev: 8, first: true }))).toEqual(['valid']);
    expect(verdictsOf(received({ offset: 9, prev: -1 }))).toEqual(['valid']);
  });

  it('go on where the log of their source was cut', () => {
    const cut = received({ offset: 9, prev: 8, first: true });
    expect(verdictsOf(received({ offset: 3, prev: -1 }), cut, cut)).toEqual(['valid', 'valid', 'repeat']);
  });

  it('of a newer incarnation start anew, of an older one are void', () => {
    const old = received({ offset: 3, prev: -1 });
    const newer = received({ incarnation: 'b', offset: 1, prev: -1 });
    expect(verdictsOf(old, received({ incarnation: 'b', offset: 2, prev: 1 }), newer, old)).toEqual([
      'valid',
      'ahead',
      'valid',
      'void',
    ]);
  });

  it('are ahead in a partition without a fence, because nothing has a position there', () => {
    expect(run([received({ offset: 3, prev: -1 }), fence(1), received({ offset: 3, prev: -1 })]).verdicts).toEqual([
      'ahead',
      'valid',
      'valid',
    ]);
  });
});

describe('tips', () => {
  const tip = (prev: number): LogRecord => ({
    kind: 'tip',
    source: { partition: 2, incarnation: 'a', offset: prev, prev, first: false },
  });

  it('are ahead when the last record is missing, and change nothing', () => {
    const { verdicts, state } = run([fence(1), tip(3), received({ offset: 3, prev: -1 }), tip(3), tip(4)]);
    expect(verdicts).toEqual(['valid', 'ahead', 'valid', 'valid', 'ahead']);
    expect(state.accepted.get(2)?.offset).toBe(3);
  });
});

describe('the state', () => {
  it('knows the highest id, the targets and the relay position of valid records only', () => {
    const { state } = run([
      fence(1),
      sent({ term: 1, sequence: 1 }, { id: 7n, to: 3 }),
      sent({ term: 1, sequence: 3 }, { id: 99n, to: 1 }),
      received({ offset: 3, prev: -1 }, 12n),
      { kind: 'relayed', own: { term: 1, server: 's1', sequence: 2 }, offset: 2 },
      { kind: 'relayed', own: { term: 9, server: 's1', sequence: 3 }, offset: 5 },
    ]);
    expect(state).toMatchObject({ highestId: 12n, relayed: 2, sequence: 2 });
    expect([...state.derived]).toEqual([[3, 1]]);
  });

  it('of a snapshot stays, and folds on to the same end from anywhere', () => {
    const step = fc.tuple(fc.nat(5), fc.nat(3), fc.nat(4));
    const toRecord = ([kind, a, b]: [number, number, number]): LogRecord => {
      if (kind === 0) return fence(a + 1, b % 2 === 0 ? 's1' : 's2');
      if (kind === 1) return received({ partition: 1 + (a % 3), offset: b, prev: b - 1, first: a === 3 });
      return sent({ term: a + 1, sequence: b }, { to: a });
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, at) => {
        const records = steps.map(toRecord);
        const whole = createFold(emptyState, place);
        let middle = whole.snapshot();
        const verdicts = records.map((record, offset) => {
          if (offset === at) middle = whole.snapshot();
          return whole.apply({ offset, record });
        });
        expect(verdicts).toEqual(run(records).verdicts);
        if (at >= records.length) return;
        const rest = createFold(middle, place);
        const again = records.slice(at).map((record, index) => rest.apply({ offset: at + index, record }));
        expect(again).toEqual(verdicts.slice(at));
        expect(rest.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });
});
