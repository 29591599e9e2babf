import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OpenRequest, OpenResponse } from '../../../protos/gen/cecochat/v1/chat.ts';
import type { Event } from '../../../protos/gen/cecochat/v1/message.ts';
import { parseSendKey } from '../../../services/core/ids.ts';
import { countUp, createFrameScanner, createSendTemplate, firstKey, keyLength, sameCounter, touchKey } from './wire.ts';

describe('keys', () => {
  test('are UUIDv7 that count', () => {
    const key = firstKey(1_700_000_000_000, 12_345);
    for (let count = 0; count < 300; count += 1) countUp(key);
    expect(parseSendKey(key.toString('latin1'))).toBeDefined();
    expect(Number.parseInt(key.toString('latin1', 24), 16)).toBe(300);
  });

  test('keep their counter when their time moves on', () => {
    const key = firstKey(1_700_000_000_000, 1);
    const later = Buffer.from(key);
    touchKey(later, 1_800_000_000_000);
    expect(later.equals(key)).toBe(false);
    expect(sameCounter(later, 0, key)).toBe(true);
    countUp(later);
    expect(sameCounter(later, 0, key)).toBe(false);
  });
});

test('a template makes the frames that the protocol asks for, each with the key before', () => {
  const template = createSendTemplate(2n, 'hello');
  const key = firstKey(0, 7);
  const early = template.frame(key, 2);
  touchKey(key, 1_800_000_000_000);
  const sends = [early, template.frame(key, 3)].flatMap((frame) => OpenRequest.decode(frame).sends);
  expect(sends.map((send) => send.content?.body)).toEqual(sends.map(() => ({ $case: 'text', value: 'hello' })));
  expect(sends.map(({ to }) => to)).toEqual([2n, 2n, 2n, 2n, 2n]);
  expect(sends.map(({ key: own }) => Number.parseInt(own.slice(24), 16))).toEqual([1, 2, 3, 4, 5]);
  expect(sends.map(({ previousKey }) => previousKey)).toEqual(['', ...sends.slice(0, -1).map((send) => send.key)]);
});

test('the scanner finds each message and acknowledgement, in order, and passes over everything else', () => {
  const key = fc.uuid();
  const id = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  const content = { kind: 1, body: { $case: 'text', value: 'ü' } } as const;
  const message = fc.record({ key, id }).map(({ key: own, id: messageId }): Event['event'] => ({
    $case: 'message',
    value: { messageId, order: messageId, chatId: '1-2', senderId: 1n, clientId: 'c', key: own, targetId: 0n, content },
  }));
  const ack = fc.record({ key, id }).map(({ key: own, id: messageId }): Event['event'] => ({
    $case: 'ack',
    value: { key: own, messageId, order: messageId, chatId: '1-2' },
  }));
  const receipt = id.map((upTo): Event['event'] => ({
    $case: 'receipt',
    value: { chatId: '1-2', readerId: 1n, senderId: 2n, deliveredUpTo: upTo, seenUpTo: 0n },
  }));
  const cursorOf = (index: number): Buffer => Buffer.alloc(23, index);
  fc.assert(
    fc.property(fc.array(fc.oneof(message, ack, receipt)), (kinds) => {
      const events = kinds.map((event, index) => ({ cursor: cursorOf(index), feed: 0n, event }));
      const pong = { nonce: 5n, serverTimeMs: 2n ** 41n };
      const frame = Buffer.from(OpenResponse.encode({ welcome: undefined, events, results: [], pong }).finish());
      const found: string[] = [];
      const cursors: Buffer[] = [];
      const keyAt = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + keyLength);
      createFrameScanner({
        message: (bytes, at) => found.push(`message ${keyAt(bytes, at)}`),
        ack: (bytes, at) => found.push(`ack ${keyAt(bytes, at)}`),
        result: () => found.push('result'),
        welcome: () => found.push('welcome'),
        cursor: (bytes, from, to) => cursors.push(bytes.subarray(from, to)),
      })(frame);
      expect(cursors).toEqual(events.map(({ cursor }) => cursor));
      expect(found).toEqual(
        kinds.flatMap((event) =>
          event?.$case === 'message' || event?.$case === 'ack' ? [`${event.$case} ${event.value.key}`] : [],
        ),
      );
    }),
  );
});
