/**
 * The owner of the only partition of a log that a test writes by hand: appends wait until the test lets them
 * land, time passes when it says so.
 */
import { dialogOf } from '../../core/chat-id.ts';
import { makeSendKey, parseClientId, parseUserId, type SendKey, type UserId } from '../../core/ids.ts';
import type { LogRecord } from '../../core/log/record.ts';
import { startOfLog } from '../../core/log/take-over.ts';
import { createMessageIds } from '../../core/message-id.ts';
import { seededRandom } from '../../core/random.ts';
import { createOwner } from '../create-owner.ts';
import type { FeedEntry, SendOutcome } from '../owner.ts';

const startMs = 1_767_225_600_000;

export function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test uses valid ids');
  return value;
}

export const alice = made(parseUserId(1n));
export const bob = made(parseUserId(2n));
export const chatId = made(dialogOf(alice, bob)).chatId;
const clientId = made(parseClientId('01890a5d-ac96-4b7c-8f3a-0123456789ab'));

export function handDrivenOwner() {
  const log: LogRecord[] = [];
  const appends: { records: readonly LogRecord[]; flight: number }[] = [];
  const events: string[] = [];
  const feed: FeedEntry[] = [];
  const time = { ms: 0 };
  const random = seededRandom(1);
  let work: (() => void)[] = [];
  let terms = 0;
  const ids = createMessageIds({ generator: 1, startAboveMs: 0, nowMs: () => startMs + time.ms });
  ids.reserve(startMs + 10_000_000);
  const owner = createOwner({
    server: 's1',
    partitionCount: 1,
    clock: { nowMs: () => startMs + time.ms, monotonicMs: () => time.ms },
    random,
    ids,
    encodeReceipt: (receipt) => Buffer.from(`${receipt.deliveredUpTo}/${receipt.seenUpTo}`),
    defer: (later) => work.push(later),
    ports: {
      append: (_partition, records, flight) => appends.push({ records, flight }),
      requestTerm: (partition, above) => owner.granted(partition, (terms = Math.max(terms, above) + 1)),
      owned: () => events.push('owned'),
      ended: (_partition, why) => events.push(`ended: ${why}`),
      feed: (_partition, _incarnation, entries) => feed.push(...entries),
      protect: () => {},
      reread: () => {},
    },
  });
  const settle = (): void => {
    for (let turn = 0; turn < 5; turn += 1) {
      const due = work;
      work = [];
      for (const one of due) one();
    }
  };
  const read = (...records: LogRecord[]): void => {
    const entries = records.map((record, index) => ({ offset: log.length + index, record }));
    log.push(...records);
    owner.records(0, entries);
    settle();
  };
  const answer = (flight: number, baseOffset: number): void => {
    owner.answered(0, flight, { partition: 0, baseOffset });
    settle();
  };
  /** Writes, answers and reads back what is on its way, until nothing is. */
  const land = (): void => {
    settle();
    for (let append = appends.shift(); append !== undefined; append = appends.shift()) {
      const base = log.length;
      read(...append.records);
      answer(append.flight, base);
    }
  };
  const pass = (ms: number): void => {
    time.ms += ms;
    owner.tick();
    settle();
  };
  const newKey = (agoMs = 0): SendKey => makeSendKey(startMs + time.ms - agoMs, random.bytes(10));
  const send = (options: { key?: SendKey; previousKey?: SendKey; sender?: UserId } = {}): SendOutcome[] => {
    const outcomes: SendOutcome[] = [];
    const sender = options.sender ?? alice;
    owner.send({
      senderId: sender,
      clientId,
      key: options.key ?? newKey(),
      previousKey: options.previousKey,
      chatId,
      receivers: [sender === alice ? bob : alice],
      encode: (id) => Buffer.from(String(id)),
      done: (outcome) => outcomes.push(outcome),
    });
    settle();
    return outcomes;
  };
  const takeOver = (): void => owner.takeOver(0, { ...startOfLog, end: 0, keysSinceMs: -Infinity });
  const own = (): void => {
    takeOver();
    for (let round = 0; round < 3; round += 1) {
      land();
      pass(0);
    }
  };
  const nowMs = (): number => startMs + time.ms;
  return { owner, log, appends, events, feed, read, answer, land, pass, newKey, send, takeOver, own, settle, nowMs };
}
