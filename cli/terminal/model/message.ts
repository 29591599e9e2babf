/**
 * A message as the terminal keeps it: its text is made harmless once, when it comes.
 */
import type { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { messageIdEpochMs } from '../../../services/core/message-id.ts';
import { visibleText } from '../text/visible-text.ts';

export interface ChatMessage {
  readonly chatId: string;
  /** Sorts a chat; also its name within the chat. */
  readonly order: bigint;
  readonly messageId: bigint;
  readonly senderId: bigint;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Harmless; "\n" ends a line. */
  readonly text: string;
}

/** A message of one's own that is not durable yet. */
export interface PendingMessage {
  /** Numbers the sends of this run. */
  readonly localId: number;
  /** Harmless, as of other messages. */
  readonly text: string;
  /** As it was written. */
  readonly written: string;
  readonly timeMs: number;
  readonly state: 'sending' | 'failed';
  /** Why it failed. */
  readonly reason: string;
}

export function messageOf(message: Message): ChatMessage {
  const { chatId, order, messageId, senderId } = message;
  return { chatId, order, messageId, senderId, timeMs: timeOf(messageId), text: textOf(message) };
}

export function timeOf(messageId: bigint): number {
  return Number(messageId >> 22n) + messageIdEpochMs;
}

function textOf({ content }: Message): string {
  const body = content?.body;
  if (body?.$case === 'text') return visibleText(body.value);
  return `[message of kind ${content?.kind ?? 0}, ${body?.$case === 'data' ? body.value.length : 0} bytes]`;
}
