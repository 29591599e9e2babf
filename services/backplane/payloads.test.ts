import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message, Receipt } from '../../protos/gen/cecochat/v1/message.ts';
import { decodeMessageHead, decodeReceipt, encodeReceipt } from './payloads.ts';

const id = fc.bigInt(1n, 2n ** 63n - 1n);

describe('the payloads of records', () => {
  it('have a head that is read as the generated code writes it', () => {
    fc.assert(
      fc.property(id, id, fc.string(), (messageId, senderId, text) => {
        const head = {
          messageId,
          order: messageId,
          chatId: '1-2',
          senderId,
          clientId: '01890a5d-ac96-4b7c-8f3a-0123456789ab',
          key: '01890a5d-ac96-7b7c-8f3a-0123456789ab',
        };
        const content = { kind: 1, body: { $case: 'text' as const, value: text } };
        const bytes = Message.encode({ ...head, targetId: 7n, content }).finish();
        expect(decodeMessageHead(bytes)).toEqual(head);
      }),
    );
  });

  it('carry receipts, as the generated code reads them', () => {
    fc.assert(
      fc.property(id, id, fc.bigInt(0n, 2n ** 63n - 1n), (readerId, senderId, upTo) => {
        const receipt = { chatId: '1-2', readerId, senderId, deliveredUpTo: upTo, seenUpTo: upTo / 2n };
        const bytes = encodeReceipt(receipt);
        expect(decodeReceipt(bytes)).toEqual(receipt);
        expect(Receipt.decode(bytes)).toMatchObject(receipt);
      }),
    );
  });

  it('are undefined for other bytes, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeMessageHead(bytes)).toBeUndefined();
        expect(decodeReceipt(bytes)).toBeUndefined();
      }),
    );
  });
});
