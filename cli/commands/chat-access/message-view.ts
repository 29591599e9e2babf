/**
 * Messages as commands show them: JSON with int64 as decimal strings, and one line for people.
 */
import type { Message, Receipt } from '../../../protos/gen/cecochat/v1/message.ts';
import { messageIdEpochMs } from '../../../services/core/message-id.ts';
import { visibleLine } from '../../terminal/text/visible-text.ts';

export interface MessageJson {
  readonly messageId: string;
  /** Milliseconds since 1970, from the message id. */
  readonly timeMs: number;
  readonly chatId: string;
  readonly senderId: string;
  readonly clientId: string;
  readonly key: string;
  readonly targetId: string | null;
  /** 1 = text. */
  readonly kind: number;
  /** Null when the message is no text. */
  readonly text: string | null;
  /** Base64 of a body that is no text. */
  readonly dataBase64: string | null;
}

const instant = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });

export function messageTimeMs(messageId: bigint): number {
  return Number(messageId >> 22n) + messageIdEpochMs;
}

export function messageJson(message: Message): MessageJson {
  const body = message.content?.body;
  return {
    messageId: String(message.messageId),
    timeMs: messageTimeMs(message.messageId),
    chatId: message.chatId,
    senderId: String(message.senderId),
    clientId: message.clientId,
    key: message.key,
    targetId: message.targetId === 0n ? null : String(message.targetId),
    kind: message.content?.kind ?? 0,
    text: body?.$case === 'text' ? body.value : null,
    dataBase64: body?.$case === 'data' ? body.value.toString('base64') : null,
  };
}

export function receiptJson(receipt: Receipt): object {
  return {
    chatId: receipt.chatId,
    readerId: String(receipt.readerId),
    senderId: String(receipt.senderId),
    deliveredUpTo: String(receipt.deliveredUpTo),
    seenUpTo: String(receipt.seenUpTo),
  };
}

/** "2026-11-24 23:59:10  bob  hello": always one line, whatever was written. */
export function messageLine(message: Message, nameOf: (userId: bigint) => string): string {
  const name = visibleLine(nameOf(message.senderId));
  return `${instant.format(messageTimeMs(message.messageId))}  ${name}  ${bodyText(message)}`;
}

function bodyText({ content }: Message): string {
  if (content?.body?.$case === 'text') return visibleLine(content.body.value);
  return `[kind ${content?.kind ?? 0}, ${content?.body?.$case === 'data' ? content.body.value.length : 0} bytes]`;
}
