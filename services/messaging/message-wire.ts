/**
 * Encodes the cecochat.v1.Message of an accepted send, once for the log, the history and every client, and the
 * cecochat.v1.Receipt of a confirmation. Wire layout: fields in ascending order, defaults left out.
 */
import { bytesFieldSize, int64Size, optionalFieldSize, WireWriter } from './wire-writer.ts';

export interface MessageFields {
  readonly messageId: bigint;
  readonly chatId: string;
  readonly senderId: bigint;
  readonly clientId: string;
  readonly key: string;
  /** 0n for none. */
  readonly targetId: bigint;
  /** cecochat.v1.Content, encoded. */
  readonly content: Uint8Array;
}

export function encodeMessage(message: MessageFields): Buffer {
  const { messageId, chatId, senderId, clientId, key, targetId, content } = message;
  const size =
    2 * (1 + int64Size(messageId)) +
    bytesFieldSize(chatId.length) +
    (1 + int64Size(senderId)) +
    bytesFieldSize(clientId.length) +
    bytesFieldSize(key.length) +
    (targetId === 0n ? 0 : 1 + int64Size(targetId)) +
    bytesFieldSize(content.length);
  return new WireWriter(size)
    .int64Field(0x08, messageId)
    .int64Field(0x10, messageId)
    .ascii(0x1a, chatId)
    .int64Field(0x20, senderId)
    .ascii(0x2a, clientId)
    .ascii(0x32, key)
    .int64Field(0x38, targetId)
    .field(0x42, content).bytes;
}

export interface SendAnswer {
  readonly messageId: bigint;
  readonly chatId: string;
  readonly key: string;
  /** A cursor, or empty. */
  readonly position: Uint8Array;
  readonly serverTimeMs: number;
}

/** cecochat.v1.SendMessageResponse. */
export function encodeSendAnswer(answer: SendAnswer): Buffer {
  const { messageId, chatId, key, position } = answer;
  const serverTimeMs = BigInt(Math.floor(answer.serverTimeMs));
  const size =
    2 * (1 + int64Size(messageId)) +
    bytesFieldSize(chatId.length) +
    bytesFieldSize(key.length) +
    optionalFieldSize(position.length) +
    (1 + int64Size(serverTimeMs));
  const writer = new WireWriter(size)
    .int64Field(0x08, messageId)
    .int64Field(0x10, messageId)
    .ascii(0x1a, chatId)
    .ascii(0x22, key);
  if (position.length > 0) writer.field(0x2a, position);
  return writer.int64Field(0x30, serverTimeMs).bytes;
}
