/** The hand-made frames against the generated code. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ListenResponse, OpenRequest, OpenResponse, SendMessageResponse } from '../../protos/gen/cecochat/v1/chat.ts';
import { Content, Message } from '../../protos/gen/cecochat/v1/message.ts';
import { CecochatError } from '../core/errors.ts';
import { encodeCursor } from '../core/log/cursor.ts';
import {
  acceptedChunk,
  ackChunk,
  chatIdOf,
  createCursorWriter,
  listenFrame,
  messageChunk,
  pongChunk,
  receiptChunk,
  refusedChunk,
  welcomeChunk,
} from './event-wire.ts';
import { encodeMessage, encodeSendAnswer } from './message-wire.ts';
import { decodeOpenFrame, decodeSendRequest, readContent } from './request-wire.ts';

const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const incarnation = fc.uuid();
const offset = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 47 }));
const ascii = fc.string({ maxLength: 60, unit: fc.constantFrom('0', '1', '7', '9', 'a', 'f', '-') });

describe('frames', () => {
  test('a message is what generated code makes of it', () => {
    fc.assert(
      fc.property(
        id,
        id,
        ascii,
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.string({ unit: 'grapheme' }),
        (...given) => {
          const [messageId, senderId, key, targetId, text] = given;
          const content: Content = { kind: 1, body: { $case: 'text', value: text } };
          const encoded = encodeMessage({
            messageId,
            senderId,
            key: `k${key}`,
            targetId,
            chatId: '1-2',
            clientId: 'c',
            content: Content.encode(content).finish(),
          });
          const expected = {
            messageId,
            order: messageId,
            senderId,
            key: `k${key}`,
            targetId,
            chatId: '1-2',
            clientId: 'c',
          };
          expect(encoded).toEqual(Buffer.from(Message.encode({ ...expected, content }).finish()));
          expect(chatIdOf(encoded).toString()).toBe('1-2');
        },
      ),
    );
  });

  test('a frame of chunks decodes to their events, for both streams', () => {
    fc.assert(
      fc.property(
        incarnation,
        fc.array(fc.tuple(offset, id, ascii), { minLength: 1, maxLength: 20 }),
        (name, events) => {
          const cursors = createCursorWriter(name);
          const chunks = events.flatMap(([at, messageId, key]) => {
            const message = Buffer.from(
              Message.encode({ ...Message.decode(Buffer.alloc(0)), messageId, key }).finish(),
            );
            const chatId = Buffer.from('12-345');
            return [
              messageChunk(cursors.cursor(at), message),
              ackChunk(cursors.cursor(at), { key: `k${key}`, messageId, chatId }),
              receiptChunk(cursors.cursor(at), Buffer.alloc(0)),
            ];
          });
          const open = OpenResponse.decode(Buffer.concat(chunks)).events;
          expect(ListenResponse.decode(listenFrame(chunks)).events).toEqual(open);
          expect(open).toHaveLength(3 * events.length);
          for (const [index, [at, messageId, key]] of events.entries()) {
            const [message, ack, receipt] = open.slice(3 * index, 3 * index + 3);
            expect(message?.cursor).toEqual(encodeCursor({ incarnation: name, offset: at }));
            expect(message?.event).toMatchObject({ $case: 'message', value: { messageId, key } });
            expect(ack?.event).toMatchObject({
              $case: 'ack',
              value: { key: `k${key}`, messageId, order: messageId, chatId: '12-345' },
            });
            expect(receipt?.event?.$case).toBe('receipt');
          }
        },
      ),
    );
  });

  test('welcome, pong, results and the unary answer decode to what was given', () => {
    fc.assert(
      fc.property(
        id,
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.string({ unit: 'grapheme' }),
        (...given) => {
          const [messageId, nonce, detail] = given;
          const cursor = encodeCursor({ incarnation: '00000000-0000-7000-8000-000000000000', offset: 7 });
          const limits = { messageBytes: 8192, sendsInFlight: 64, sendsPerSecond: 20, sendsBurst: 100 };
          const frame = OpenResponse.decode(
            Buffer.concat([
              welcomeChunk({ serverId: 's1', serverTimeMs: 1.5, cursor, tokenEndsMs: 2 ** 41, limits }),
              acceptedChunk({ key: 'k', messageId, chatId: Buffer.from('1-2') }),
              refusedChunk({
                key: 'ü',
                code: 'send.expired',
                retry: 'never',
                detail,
                serverTimeMs: 9,
                position: cursor,
              }),
              refusedChunk({ key: '', code: 'c', retry: 'r', detail: '', serverTimeMs: 9, position: Buffer.alloc(0) }),
              pongChunk(nonce, 77),
            ]),
          );
          expect(frame.welcome).toMatchObject({
            serverId: 's1',
            serverTimeMs: 1n,
            cursor,
            tokenEndsMs: 2n ** 41n,
            limits,
          });
          expect(frame.pong).toMatchObject({ nonce, serverTimeMs: 77n });
          expect(frame.results).toMatchObject([
            { key: 'k', result: { $case: 'accepted', value: { messageId, order: messageId, chatId: '1-2' } } },
            { key: 'ü', result: { $case: 'refused', value: { code: 'send.expired', detail, position: cursor } } },
            { key: '', result: { $case: 'refused', value: { code: 'c', retry: 'r' } } },
          ]);
          const answer = encodeSendAnswer({ messageId, chatId: '1-2', key: 'k', position: cursor, serverTimeMs: 5 });
          expect(SendMessageResponse.decode(answer)).toMatchObject({ messageId, position: cursor, serverTimeMs: 5n });
        },
      ),
    );
  });

  test('what generated code writes is read back', () => {
    const frames = fc.record({
      to: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      key: fc.string({ unit: 'grapheme' }),
      text: fc.string({ unit: 'grapheme' }),
      nonce: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    });
    fc.assert(
      fc.property(frames, ({ to, key, text, nonce }) => {
        const content: Content = { kind: 1, body: { $case: 'text', value: text } };
        const send = { to, chatId: '1-2', content, key, previousKey: 'p', targetId: 5n };
        const receipt = { chatId: '1-2', readerId: 1n, senderId: 2n, deliveredUpTo: 3n, seenUpTo: 4n };
        const bytes = OpenRequest.encode({
          hello: { cursor: Buffer.from('cursor') },
          sends: [send, send],
          confirmations: [receipt],
          renewToken: 't',
          ping: { nonce },
        }).finish();
        const frame = decodeOpenFrame(Buffer.from(bytes));
        expect(frame.hello?.toString()).toBe('cursor');
        expect(frame.sends).toHaveLength(2);
        expect(frame.sends[1]).toMatchObject({ to, key, previousKey: 'p', targetId: 5n, chatId: '1-2' });
        const shape = readContent(frame.sends[0]?.content ?? Buffer.alloc(0));
        expect([shape.kind, shape.text?.toString() ?? '']).toEqual([1, text]);
        expect(frame).toMatchObject({ renewToken: 't', pingNonce: nonce });
        expect(frame.confirmations).toMatchObject([{ chatId: '1-2', senderId: 2n, deliveredUpTo: 3n, seenUpTo: 4n }]);
      }),
    );
  });

  test('any bytes are read or refused as request.invalid', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [decodeOpenFrame, decodeSendRequest, readContent]) {
          expect(codeOf(() => read(Buffer.from(bytes)))).toMatch(/^(read|request\.invalid)$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'read';
  } catch (error) {
    return error instanceof CecochatError ? error.code : String(error);
  }
}
