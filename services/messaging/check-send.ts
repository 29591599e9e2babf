/**
 * Checks what a client asks for, before it reaches the owner: chats, keys, contents, confirmations.
 * Errors: request.invalid, message.too_large, chat.forbidden.
 */
import { isUtf8 } from 'node:buffer';
import { dialogOf, parseDialog, partnerIn, type Dialog } from '../core/chat-id.ts';
import { CecochatError } from '../core/errors.ts';
import { isInt64Id, parseSendKey, parseUserId, type UserId } from '../core/ids.ts';
import type { ConfirmCommand, SendCommand } from './owner.ts';
import { readContent, type Confirmation, type SendRequest } from './request-wire.ts';

export const maxTextBytes = 8 * 1024;
/** A content's own bytes: the text, its kind, and fields that are not known here. */
export const maxContentBytes = maxTextBytes + 256;

export interface CheckedSend extends Pick<SendCommand, 'key' | 'previousKey' | 'chatId' | 'receivers'> {
  readonly targetId: bigint;
  readonly content: Buffer;
}

export function checkSend(request: SendRequest, sender: UserId): CheckedSend {
  const key = parseSendKey(request.key);
  if (key === undefined) throw invalid(`the key "${shown(request.key)}" is no UUIDv7 in lower case`);
  const previousKey = request.previousKey === '' ? undefined : parseSendKey(request.previousKey);
  if (request.previousKey !== '' && previousKey === undefined) {
    throw invalid(`the previous key "${shown(request.previousKey)}" is no UUIDv7 in lower case`);
  }
  if (previousKey === key) throw invalid('the previous key is the key itself');
  const { chatId, receiver } = chatOf(request, sender);
  if (request.targetId !== 0n && !isInt64Id(request.targetId)) {
    throw invalid(`the target id ${request.targetId} is no message id`);
  }
  const content = checkContent(request.content);
  return { key, previousKey, chatId, receivers: [receiver], targetId: request.targetId, content };
}

export function checkConfirmation(confirmation: Confirmation, reader: UserId): ConfirmCommand {
  const { deliveredUpTo, seenUpTo } = confirmation;
  const { dialog, partner } = memberOf(confirmation.chatId, reader);
  if (confirmation.senderId !== partner) {
    throw invalid(`user ${confirmation.senderId} is not the other member of chat ${dialog.chatId}`);
  }
  if (deliveredUpTo < 0n || seenUpTo < 0n) throw invalid('a confirmed id is negative');
  if (deliveredUpTo === 0n && seenUpTo === 0n) throw invalid('a confirmation confirms nothing');
  return { readerId: reader, chatId: dialog.chatId, senderId: partner, deliveredUpTo, seenUpTo };
}

function chatOf(request: SendRequest, sender: UserId): { chatId: Dialog['chatId']; receiver: UserId } {
  if (request.chatId === '') {
    const receiver = parseUserId(request.to);
    if (receiver === undefined) {
      throw invalid(request.to === 0n ? 'the send names no receiver' : `the receiver ${request.to} is no user id`);
    }
    const dialog = dialogOf(sender, receiver);
    if (dialog === undefined) throw invalid('a user cannot send to himself');
    return { chatId: dialog.chatId, receiver };
  }
  const { dialog, partner } = memberOf(request.chatId, sender);
  if (request.to !== 0n && request.to !== partner) {
    throw invalid(`the receiver ${request.to} is not in chat ${dialog.chatId}`);
  }
  return { chatId: dialog.chatId, receiver: partner };
}

function memberOf(chatId: string, user: UserId): { dialog: Dialog; partner: UserId } {
  const dialog = parseDialog(chatId);
  if (dialog === undefined) {
    throw invalid(`the chat id "${shown(chatId)}" is not "<smaller user id>-<larger user id>"`);
  }
  const partner = partnerIn(dialog, user);
  if (partner === undefined) {
    throw new CecochatError('chat.forbidden', `user ${user} is not a member of chat ${dialog.chatId}`, {
      data: { chatId: dialog.chatId },
    });
  }
  return { dialog, partner };
}

function checkContent(content: Buffer | undefined): Buffer {
  if (content === undefined) throw invalid('the send has no content');
  const shape = readContent(content);
  if (shape.kind === 0) throw invalid('the content has no kind');
  if (shape.kind === 1) {
    if (shape.text === undefined || shape.text.length === 0) throw invalid('the text is empty');
    if (shape.text.length > maxTextBytes) throw tooLarge('text', shape.text.length, maxTextBytes);
    if (!isUtf8(shape.text)) throw invalid('the text is not UTF-8');
  }
  if (content.length > maxContentBytes) throw tooLarge('content', content.length, maxContentBytes);
  return content;
}

function tooLarge(what: string, bytes: number, most: number): CecochatError {
  return new CecochatError('message.too_large', `the ${what} has ${bytes} bytes, the most is ${most}`, {
    hint: 'send it in parts',
    data: { maxBytes: String(most) },
  });
}

function invalid(message: string): CecochatError {
  return new CecochatError('request.invalid', message, { hint: 'see protos/cecochat/v1/chat.proto' });
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
