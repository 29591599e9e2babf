/**
 * A row that Cassandra takes when its tables are there and writable: of users and a chat that cannot exist.
 */
import type { ChatId } from '../../core/chat-id.ts';
import { makeSendKey, type ClientId, type MessageId, type UserId } from '../../core/ids.ts';
import type { MessageRow, ReceiptRow } from '../history-db.ts';
import {
  chatPut,
  dialogBucketPut,
  dialogPut,
  feedBucketPut,
  feedMessagePut,
  receiptPut,
  sendKeyPut,
  type Put,
  type Table,
} from './row-puts.ts';

const nobody = 0n as UserId;
const nowhere = '0-0' as ChatId;
const position = { incarnation: '00000000-0000-7000-8000-000000000000', offset: 0 };

const message: MessageRow = {
  kind: 'message',
  owner: nobody,
  position,
  chatId: nowhere,
  messageId: 0n as MessageId,
  order: 0n,
  senderId: nobody,
  clientId: '00000000-0000-4000-8000-000000000000' as ClientId,
  key: makeSendKey(0, new Uint8Array(10)),
  message: new Uint8Array(),
};
const receipt: ReceiptRow = {
  kind: 'receipt',
  owner: nobody,
  position,
  chatId: nowhere,
  readerId: nobody,
  senderId: nobody,
  deliveredUpTo: 0n,
  seenUpTo: 0n,
  receipt: new Uint8Array(),
};

export function plainPut(table: Table): Put {
  switch (table) {
    case 'feed':
      return feedMessagePut(message);
    case 'feed_buckets':
      return feedBucketPut(message);
    case 'dialog':
      return dialogPut(message);
    case 'dialog_buckets':
      return dialogBucketPut(message);
    case 'send_keys':
      return sendKeyPut(message);
    case 'chats':
      return chatPut(message);
    case 'receipts':
      return receiptPut(receipt);
  }
}
