import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../services/core/random.ts';
import { createOutbox, type Outbox, type OutgoingSend, type SendLimits } from './outbox.ts';
import { textContent } from './sender.ts';

const limits: SendLimits = { sendsInFlight: 4, sendsPerSecond: 0, sendsBurst: 0 };
const send = (key: string, chatId = '1-2', madeMs = 0): OutgoingSend => ({
  key,
  madeMs,
  chatId,
  content: textContent(key),
  targetId: 0n,
  sizeBytes: 100,
});
const keysOf = (outbox: Outbox, nowMs = 0): string[] => outbox.take(nowMs, 1e6).map(({ key }) => key);

function opened(changes: Partial<SendLimits> = {}): Outbox {
  const outbox = createOutbox(seededRandom(1), () => 0);
  outbox.connected({ ...limits, ...changes }, 0);
  return outbox;
}

describe('an outbox', () => {
  test('keeps what is added while there is no stream', () => {
    const outbox = createOutbox(seededRandom(1), () => 0);
    outbox.add(send('a'));
    expect(keysOf(outbox)).toEqual([]);
    outbox.connected(limits, 0);
    expect(keysOf(outbox)).toEqual(['a']);
  });

  test('has no more in flight than the server allows', () => {
    const outbox = opened();
    for (const key of 'abcdef') outbox.add(send(key));
    expect(keysOf(outbox)).toEqual(['a', 'b', 'c', 'd']);
    outbox.accepted('b');
    expect(keysOf(outbox)).toEqual(['e']);
  });

  test('keeps to the rate after the burst, and says when it may go on', () => {
    const outbox = opened({ sendsPerSecond: 10, sendsBurst: 2 });
    for (const key of 'abc') outbox.add(send(key));
    expect(keysOf(outbox)).toEqual(['a', 'b']);
    expect(outbox.wakeAtMs(0)).toBeCloseTo(100);
    expect(keysOf(outbox, 101)).toEqual(['c']);
  });

  test('holds back the chat of a refused send, not the others', () => {
    const outbox = opened();
    outbox.add(send('a'));
    expect(keysOf(outbox)).toEqual(['a']);
    expect(outbox.refused('a', 'send.limited', 0)).toBe('retry');
    outbox.add(send('b'));
    outbox.add(send('c', '1-3'));
    expect(keysOf(outbox)).toEqual(['c']);
    expect(keysOf(outbox, 1_000)).toEqual(['a', 'b']);
  });

  test('holds back a chat while history decides about one of its sends', () => {
    const outbox = opened();
    outbox.add(send('a'));
    outbox.add(send('b'));
    keysOf(outbox);
    expect(outbox.refused('a', 'send.expired', 0)).toBe('ask');
    expect(outbox.refused('b', 'send.out_of_order', 0)).toBe('retry');
    expect(keysOf(outbox, 1e6)).toEqual([]);
    outbox.renew('a', 'a2', 0);
    expect(outbox.take(1e6, 1e6)).toMatchObject([
      { key: 'a2', previousKey: '' },
      { key: 'b', previousKey: 'a2' },
    ]);
  });

  test('leaves out a previous key that the server does not know though it was accepted', () => {
    const outbox = opened();
    outbox.add(send('a'));
    keysOf(outbox);
    outbox.accepted('a');
    outbox.add(send('b'));
    expect(outbox.take(0, 1e6)).toMatchObject([{ key: 'b', previousKey: 'a' }]);
    outbox.refused('b', 'send.out_of_order', 0);
    expect(outbox.take(1e6, 1e6)).toMatchObject([{ key: 'b', previousKey: '' }]);
  });

  test.each([
    ['may be too old for the server', 602_000],
    ['is ahead of the server', -120_000],
  ])('sends nothing behind one whose key %s, until its fate is known', (_name, nowMs) => {
    const outbox = createOutbox(seededRandom(1), () => nowMs);
    outbox.add(send('a'));
    outbox.add(send('b', '1-2', nowMs));
    outbox.add(send('c', '1-3', nowMs));
    outbox.connected(limits, 0);
    expect(keysOf(outbox)).toEqual(['a', 'c']);
    // It waits for an answer, not for a time.
    expect(outbox.wakeAtMs(0)).toBeUndefined();
    expect(outbox.refused('a', 'send.expired', 0)).toBe('ask');
    expect(keysOf(outbox, 1)).toEqual([]);
    outbox.renew('a', 'a2', nowMs);
    expect(outbox.take(2, 1e6)).toMatchObject([
      { key: 'a2', previousKey: '' },
      { key: 'b', previousKey: 'a2' },
    ]);
  });

  test('goes on behind one that was accepted long ago', () => {
    let nowMs = 0;
    const outbox = createOutbox(seededRandom(1), () => nowMs);
    outbox.connected(limits, 0);
    outbox.add(send('a'));
    keysOf(outbox);
    outbox.accepted('a');
    nowMs = 700_000;
    outbox.add(send('b', '1-2', nowMs));
    outbox.add(send('c', '1-2', nowMs));
    expect(outbox.take(0, 1e6)).toMatchObject([
      { key: 'b', previousKey: 'a' },
      { key: 'c', previousKey: 'b' },
    ]);
  });

  test('does not refer to one that expired and was found accepted', () => {
    const outbox = opened();
    outbox.add(send('a'));
    keysOf(outbox);
    outbox.refused('a', 'send.expired', 0);
    outbox.accepted('a');
    outbox.add(send('b'));
    expect(outbox.take(1, 1e6)).toMatchObject([{ key: 'b', previousKey: '' }]);
  });

  test('does not refer to one that was dropped', () => {
    const outbox = opened();
    outbox.add(send('a'));
    outbox.add(send('b'));
    keysOf(outbox);
    outbox.refused('a', 'send.expired', 0);
    outbox.refused('b', 'send.out_of_order', 0);
    outbox.drop('a');
    expect(outbox.take(1e6, 1e6)).toMatchObject([{ key: 'b', previousKey: '' }]);
  });

  test('fills a frame up to its size, with one send at least', () => {
    const outbox = opened();
    for (const key of 'abc') outbox.add(send(key));
    expect(outbox.take(0, 250)).toHaveLength(2);
    expect(outbox.take(0, 10)).toHaveLength(1);
  });

  test('against any server: each key at most once, each chat in order, everything settled', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 8 }),
        (seed, count, most) => {
          const model = runModel({ seed, count, most });
          for (const [chatId, log] of model.logs) {
            expect(log, chatId).toEqual(model.expected.get(chatId));
          }
          expect(model.mostInFlight).toBeLessThanOrEqual(most);
          expect(model.unsettled).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/**
 * A server that accepts in order, refuses what comes before its predecessor, and at random: refuses for a
 * while, refuses for good, answers late, loses the stream with everything that is on its way.
 */
function runModel({ seed, count, most }: { seed: number; count: number; most: number }): {
  logs: Map<string, string[]>;
  expected: Map<string, string[]>;
  mostInFlight: number;
  unsettled: number;
} {
  const random = seededRandom(seed);
  const outbox = createOutbox(seededRandom(seed + 1), () => 0);
  const logs = new Map<string, string[]>();
  const order = new Map<string, string[]>();
  const dead = new Set<string>();
  const known = new Set<string>();
  let answers: (() => void)[] = [];
  let added = 0;
  let nowMs = 0;
  let mostInFlight = 0;
  let inFlight = new Set<string>();

  const serve = (key: string, chatId: string, previousKey: string): (() => void) => {
    const settled = (work: () => void) => (): void => {
      inFlight.delete(key);
      work();
    };
    const refuse = (code: string): (() => void) => settled(() => void outbox.refused(key, code, nowMs));
    if (known.has(key)) return settled(() => void outbox.accepted(key));
    if (previousKey !== '' && !known.has(previousKey) && !dead.has(previousKey)) return refuse('send.out_of_order');
    // What was refused for good would be again.
    if (dead.has(key)) return refuse('message.too_large');
    const draw = random.next();
    if (draw < 0.1) return refuse('send.limited');
    if (draw < 0.15) {
      dead.add(key);
      return refuse('message.too_large');
    }
    known.add(key);
    logs.set(chatId, [...(logs.get(chatId) ?? []), key]);
    return settled(() => void outbox.accepted(key));
  };

  for (let step = 0; step < 20_000 && (added < count || outbox.unsettled > 0); step += 1) {
    const draw = step === 0 ? 0 : random.next();
    nowMs += random.next() * 200;
    if (draw < 0.1) {
      outbox.disconnected();
      answers = [];
      inFlight = new Set();
      outbox.connected({ ...limits, sendsInFlight: most }, nowMs);
    } else if (draw < 0.4 && added < count) {
      const chatId = random.next() < 0.5 ? '1-2' : '1-3';
      const key = `k${added}`;
      added += 1;
      order.set(chatId, [...(order.get(chatId) ?? []), key]);
      outbox.add(send(key, chatId));
    } else if (draw < 0.7) {
      for (const { key, chatId, previousKey } of outbox.take(nowMs, 1e6)) {
        inFlight.add(key);
        mostInFlight = Math.max(mostInFlight, inFlight.size);
        answers.push(serve(key, chatId, previousKey));
      }
    } else answers.shift()?.();
  }
  const expected = new Map([...order].map(([chatId, keys]) => [chatId, keys.filter((key) => !dead.has(key))]));
  for (const chatId of order.keys()) if (!logs.has(chatId)) logs.set(chatId, []);
  return { logs, expected, mostInFlight, unsettled: outbox.unsettled };
}
