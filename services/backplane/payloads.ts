/**
 * The messages that records carry as bytes: cecochat.v1.Message (read only what stands outside the content)
 * and cecochat.v1.Receipt. Decoding gives undefined for bytes that are none.
 */
import { parseChatId, type ChatId } from '../core/chat-id.ts';
import { parseClientId, parseMessageId, parseSendKey, parseUserId } from '../core/ids.ts';
import type { ClientId, MessageId, SendKey, UserId } from '../core/ids.ts';
import { WireFault, WireReader, WireWriter } from './wire.ts';

export interface MessageHead {
  readonly messageId: MessageId;
  readonly order: bigint;
  readonly chatId: ChatId;
  readonly senderId: UserId;
  readonly clientId: ClientId;
  readonly key: SendKey;
}

export interface ReceiptBody {
  readonly chatId: ChatId;
  readonly readerId: UserId;
  readonly senderId: UserId;
  /** 0n for nothing. */
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
}

const writer = new WireWriter();

export function decodeMessageHead(bytes: Uint8Array): MessageHead | undefined {
  return guarded(() => {
    const reader = new WireReader(bytes);
    let [id, order, sender] = [0n, 0n, 0n];
    let [chat, client, keyText] = ['', '', ''];
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) id = reader.big();
      else if (field === 2) order = reader.big();
      else if (field === 3) chat = reader.string();
      else if (field === 4) sender = reader.big();
      else if (field === 5) client = reader.string();
      else if (field === 6) keyText = reader.string();
      else reader.skip();
    }
    const messageId = parseMessageId(id);
    const chatId = parseChatId(chat);
    const senderId = parseUserId(sender);
    const clientId = parseClientId(client);
    const key = parseSendKey(keyText);
    if (messageId === undefined || chatId === undefined || senderId === undefined) return undefined;
    if (clientId === undefined || key === undefined) return undefined;
    return { messageId, order, chatId, senderId, clientId, key };
  });
}

export function encodeReceipt(receipt: {
  readonly chatId: string;
  readonly readerId: bigint;
  readonly senderId: bigint;
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
}): Uint8Array {
  writer.string(1, receipt.chatId);
  writer.int64(2, receipt.readerId);
  writer.int64(3, receipt.senderId);
  writer.int64(4, receipt.deliveredUpTo);
  writer.int64(5, receipt.seenUpTo);
  return writer.take();
}

export function decodeReceipt(bytes: Uint8Array): ReceiptBody | undefined {
  return guarded(() => {
    const reader = new WireReader(bytes);
    let chat = '';
    let [readerId, sender, deliveredUpTo, seenUpTo] = [0n, 0n, 0n, 0n];
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) chat = reader.string();
      else if (field === 2) readerId = reader.big();
      else if (field === 3) sender = reader.big();
      else if (field === 4) deliveredUpTo = reader.big();
      else if (field === 5) seenUpTo = reader.big();
      else reader.skip();
    }
    const chatId = parseChatId(chat);
    const readerUser = parseUserId(readerId);
    const senderId = parseUserId(sender);
    if (chatId === undefined || readerUser === undefined || senderId === undefined) return undefined;
    return { chatId, readerId: readerUser, senderId, deliveredUpTo, seenUpTo };
  });
}

function guarded<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}
